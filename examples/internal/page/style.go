package page

// Style returns the examples' stylesheet, for pages that are made elsewhere.
func Style() ([]byte, error) { return files.ReadFile("templates/style.css") }
