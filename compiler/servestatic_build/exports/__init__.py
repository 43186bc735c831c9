"""A release for servers that know nothing of its manifest: a configuration that serves what the manifest says."""
