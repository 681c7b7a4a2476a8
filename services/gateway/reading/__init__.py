"""Reading the views: single things, pages and their cursors, the area that a key reaches, a caller's own writes."""
