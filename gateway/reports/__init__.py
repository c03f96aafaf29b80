"""Reports as they are mailed: their rows gathered, a picture of them, the letter, and its sending."""
