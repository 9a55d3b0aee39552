"""Letters to families: versioned words, and the PDF that is made of them."""
