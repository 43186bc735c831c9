"""What the tests share: virtual trees, both interfaces behind one client, and real servers."""
