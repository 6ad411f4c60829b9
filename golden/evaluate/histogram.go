package evaluate

import (
	"fmt"
	"io"
	"math"

	"github.com/touchstone-hub/touchstone/golden/match"
)

// Histogram counts candidate pairs by weight, true ones and others.
type Histogram struct {
	Least         int // bits of the first bar; each is one bit wide
	Same, Others  []int
	Link, Reviews float64 // thresholds, in bits
}

const (
	leastBits = -40
	mostBits  = 60
)

func newHistogram(rules *match.Rules, records []Labelled) *Histogram {
	h := &Histogram{Least: leastBits, Same: make([]int, mostBits-leastBits+1), Others: make([]int, mostBits-leastBits+1)}
	h.Link, h.Reviews = Bits(rules.Thresholds.Link), Bits(rules.Thresholds.Edge)
	rules.EachCandidate(features(records), func(a, b int, _ uint64) {
		bar := int(math.Floor(Bits(rules.Weight(records[a].Features, records[b].Features)))) - leastBits
		bar = min(max(bar, 0), len(h.Same)-1)
		if records[a].Truth == records[b].Truth {
			h.Same[bar]++
		} else {
			h.Others[bar]++
		}
	})
	return h
}

// WriteSVG draws the distribution of the weights of candidate pairs, which Options.Chart asks for: true pairs above the line, others
// below, by the logarithm of their number, with the thresholds.
func (r *Report) WriteSVG(w io.Writer) error {
	const (
		width, half, left, bar = 860, 180, 50, 8
		middle                 = half + 30
	)
	h := r.histogram
	top := 1.0
	for i := range h.Same {
		top = max(top, math.Log10(float64(max(h.Same[i], h.Others[i], 1)))+0.05)
	}
	height := func(n int) float64 {
		if n == 0 {
			return 0
		}
		return (math.Log10(float64(n)) + 0.05) / top * half
	}
	x := func(bits float64) float64 { return left + (bits-float64(h.Least))*bar }
	p := &printer{w: w}
	p.print(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">`+"\n", width+left, 2*middle+30)
	p.print(`<rect width="100%%" height="100%%" fill="white"/><text x="%d" y="18" font-size="14">Weights of %d candidate pairs, in bits</text>`+"\n", left, r.Pairs)
	for i := range h.Same {
		at := x(float64(h.Least + i))
		up, down := height(h.Same[i]), height(h.Others[i])
		p.print(`<rect x="%.0f" y="%.1f" width="%d" height="%.1f" fill="#2a7f62"><title>%d true pairs</title></rect>`, at, middle-up, bar-1, up, h.Same[i])
		p.print(`<rect x="%.0f" y="%d" width="%d" height="%.1f" fill="#b5483a"><title>%d other pairs</title></rect>`+"\n", at, middle, bar-1, down, h.Others[i])
	}
	for _, t := range []struct {
		bits float64
		name string
	}{{h.Reviews, "review"}, {h.Link, "link"}} {
		p.print(`<line x1="%.1f" x2="%.1f" y1="28" y2="%d" stroke="black" stroke-dasharray="3 3"/><text x="%.1f" y="40">%s</text>`+"\n", x(t.bits), x(t.bits), 2*middle-28, x(t.bits)+3, t.name)
	}
	for bits := h.Least; bits <= mostBits; bits += 10 {
		p.print(`<text x="%.0f" y="%d" text-anchor="middle">%d</text>`, x(float64(bits)), 2*middle-10, bits)
	}
	p.print(`<text x="%d" y="%d" fill="#2a7f62">above: of one customer</text><text x="%d" y="%d" fill="#b5483a">below: of others; heights are logarithms</text></svg>`+"\n", left, 2*middle+15, left+200, 2*middle+15)
	return p.err
}

// printer keeps the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) print(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
