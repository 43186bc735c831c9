"""A live site, or its CDN, asked for what the manifest says. Needs the extra [probe]."""
