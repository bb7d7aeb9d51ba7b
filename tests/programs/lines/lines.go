// Each call says on its own line which it is.
package main

import "os"

func main() {
	_, writer, err := os.Pipe() // here: pipe
	if err != nil {
		os.Exit(1)
	}
	writer.Write([]byte("x")) // here: write
	writer.Close()            // here: close
}
