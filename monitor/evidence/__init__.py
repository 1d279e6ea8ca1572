"""The bytes that items came in: WARC files beside the database, and packs made of them."""
