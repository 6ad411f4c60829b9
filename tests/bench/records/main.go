// Command records writes made-up customer records as NDJSON: about 390 bytes each, ten fields to
// map and three contacts, the same for the same seed.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
)

var (
	given  = []string{"Anna", "Björn", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jürgen", "Klara", "Liam", "Mei", "Nora", "Otto", "Pia"}
	family = []string{"Schmidt", "Nguyen", "Müller", "Garcia", "Rossi", "Novak", "Wang", "Okafor", "Larsen", "Dubois", "Yilmaz", "Kowalski", "Silva", "Fischer"}
	towns  = []string{"Berlin", "Hamburg", "München", "Köln", "Leipzig", "Bremen", "Essen", "Dresden", "Nürnberg", "Bonn"}
	street = []string{"Hauptstraße", "Lindenweg", "Am Markt", "Bahnhofstraße", "Gartenweg", "Schulstraße"}
	roles  = []string{"buyer", "accounts", "logistics"}
)

func main() {
	n := flag.Int("n", 500_000, "records")
	seed := flag.Uint64("seed", 1, "seed")
	flag.Parse()
	w := bufio.NewWriterSize(os.Stdout, 1<<20)
	r := rand.New(rand.NewPCG(*seed, 0))
	pick := func(of []string) string { return of[r.IntN(len(of))] }
	for i := range *n {
		g, f := pick(given), pick(family)
		fmt.Fprintf(w, `{"id":%d,"updated":"2026-%02d-%02dT%02d:%02d:00Z","first":%q,"last":%q,"mail":"c%d@example.com","phone":"+4930%07d","street":"%s %d","city":%q,"zip":"%05d","country":"DE","contacts":[`,
			100000+i, 1+r.IntN(9), 1+r.IntN(28), r.IntN(24), r.IntN(60), g, f, i, r.IntN(10_000_000), pick(street), 1+r.IntN(99), pick(towns), 10000+r.IntN(89999))
		for c := range 3 {
			if c > 0 {
				w.WriteByte(',')
			}
			fmt.Fprintf(w, `{"name":"%s %s","role":%q,"mail":"p%d.%d@ex.com"}`, pick(given), f, roles[c], i, c)
		}
		w.WriteString("]}\n")
	}
	if err := w.Flush(); err != nil {
		log.Fatal(err)
	}
}
