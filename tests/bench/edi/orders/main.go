// Command orders writes interchanges of purchase orders to a file: see package generate.
//
//	orders -standard x12 -seed 1 -bytes 100000000 -interchanges 4 FILE
package main

import (
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/touchstone-hub/touchstone/tests/bench/edi/generate"
)

func main() {
	var o generate.Options
	flag.StringVar(&o.Standard, "standard", "x12", "x12 (850, 004010) or edifact (ORDERS, D.96A)")
	flag.Uint64Var(&o.Seed, "seed", 1, "the same seed makes the same file")
	flag.Int64Var(&o.Bytes, "bytes", 1e6, "how long the file is to be")
	flag.IntVar(&o.Interchanges, "interchanges", 1, "how many interchanges share it")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: orders [flags] FILE")
	}
	f, err := os.Create(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	sets, err := generate.Write(f, o)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sets, "sets")
}
