// Package generate makes up interchanges of purchase orders for measurements. A size, a standard and
// a seed come in and the bytes of 850s or ORDERS go out, the same ones for the same seed. It never
// makes anything that a validator could object to.
package generate

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// Options say what is made.
type Options struct {
	Standard     string // x12 or edifact
	Seed         uint64
	Bytes        int64 // what is aimed at; the last set is finished
	Interchanges int   // how many share the bytes; 0 stands for 1
}

// segments is how many segments a set has, header and trailer among them.
const segments = 60

type generator struct {
	w    *bufio.Writer
	rand *rand.Rand
	n    int64  // bytes written
	body []byte // of the set at hand
	segs int
}

// Write writes the interchanges that o asks for.
func Write(w io.Writer, o Options) (sets int, err error) {
	g := &generator{w: bufio.NewWriterSize(w, 1<<20), rand: rand.New(rand.NewPCG(o.Seed, 850))}
	interchanges := int64(max(o.Interchanges, 1))
	for i := int64(1); i <= interchanges; i++ {
		until := o.Bytes * i / interchanges
		if o.Standard == "edifact" {
			sets += g.edifact(i, until)
		} else {
			sets += g.x12(i, until)
		}
	}
	return sets, g.w.Flush()
}

func (g *generator) put(format string, args ...any) {
	n, _ := fmt.Fprintf(g.w, format, args...)
	g.n += int64(n)
}

// add adds a segment to the set at hand.
func (g *generator) add(format string, args ...any) {
	g.body = fmt.Appendf(g.body, format, args...)
	g.segs++
}

func (g *generator) pick(list []string) string { return list[g.rand.IntN(len(list))] }

func (g *generator) digits(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + g.rand.IntN(10)))
	}
	return b.String()
}

func (g *generator) date() string {
	return fmt.Sprintf("20%02d%02d%02d", 20+g.rand.IntN(7), 1+g.rand.IntN(12), 1+g.rand.IntN(28))
}

var (
	firms   = []string{"ABC AEROSPACE CORPORATION", "NORTHWIND TRADERS", "SEVEN SEAS IMPORTS", "WHITE CLOVER MARKETS", "BLAUER SEE DELIKATESSEN", "OLD WORLD DELICATESSEN", "ISLAND TRADING"}
	streets = []string{"123 MAIN STREET", "2743 BERING ST.", "305 - 14TH AVE. S. SUITE 3B", "87 POLK ST. SUITE 5", "89 CHIAROSCURO RD."}
	cities  = []string{"SEATTLE", "ANCHORAGE", "SAN FRANCISCO", "PORTLAND", "ALBUQUERQUE"}
	states  = []string{"WA", "AK", "CA", "OR", "NM"}
	people  = []string{"ED SMITH", "JANE DOE", "MARIA ANDERS", "TOM SMITH", "YOSHI LATIMER"}
	things  = []string{"HEX BOLT M8 ZINC PLATED", "GASKET, REAR", "BEARING 6204 SEALED", "STOPPER ASSY NO. 8", "VALVE, BRASS 1/2 INCH", "CABLE TIE 200 MM BLACK"}
	units   = []string{"EA", "BX", "CA", "DZ"}
)
