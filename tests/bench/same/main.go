// Command same says whether two NDJSON files hold the same documents in the same order, whatever
// the order of their members.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"reflect"
)

func main() {
	var files [2]*bufio.Scanner
	for i := range files {
		f, err := os.Open(os.Args[1+i])
		if err != nil {
			log.Fatal(err)
		}
		files[i] = bufio.NewScanner(f)
		files[i].Buffer(nil, 1<<20)
	}
	n := 0
	for ; ; n++ {
		a, b := files[0].Scan(), files[1].Scan()
		if a != b {
			log.Fatalf("one file has %d documents, the other has more", n)
		}
		if !a {
			break
		}
		var left, right any
		if err := json.Unmarshal(files[0].Bytes(), &left); err != nil {
			log.Fatalf("document %d: %v", n+1, err)
		}
		if err := json.Unmarshal(files[1].Bytes(), &right); err != nil {
			log.Fatalf("document %d: %v", n+1, err)
		}
		if !reflect.DeepEqual(left, right) {
			log.Fatalf("document %d differs:\n%s\n%s", n+1, files[0].Bytes(), files[1].Bytes())
		}
	}
	fmt.Printf("both gave the same %d documents\n", n)
}
