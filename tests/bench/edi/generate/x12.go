package generate

// x12 writes one interchange of 850s in version 004010 until that many bytes stand there.
func (g *generator) x12(number, until int64) (sets int) {
	date := g.date()
	g.put("ISA*00*          *00*          *ZZ*BENCHBUYER     *ZZ*BENCHSELLER    *%s*1200*U*00401*%09d*0*P*>~", date[2:], number)
	g.put("GS*PO*BENCHBUYER*BENCHSELLER*%s*1200*%d*X*004010~", date, number)
	for sets == 0 || g.n < until {
		sets++
		g.order850(sets)
	}
	g.put("GE*%d*%d~IEA*1*%09d~", sets, number, number)
	return sets
}

func (g *generator) order850(number int) {
	g.body, g.segs = g.body[:0], 0
	g.add("ST*850*%04d~", number)
	g.add("BEG*00*SA*%s**%s~", g.digits(8), g.date())
	g.add("CUR*BY*USD~")
	g.add("REF*DP*%s~", g.digits(3))
	g.add("REF*VR*%s~", g.digits(6))
	g.add("PER*BD*%s*TE*%s~", g.pick(people), g.digits(10))
	g.add("FOB*PP*OR*FACTORY~")
	g.add("ITD*01*3*2**10**30~")
	g.add("DTM*002*%s~", g.date())
	g.add("TD5*O*2*UPSN*M~")
	for _, role := range []string{"BY", "ST", "BT"} {
		at := g.rand.IntN(len(cities))
		g.add("N1*%s*%s*92*%s~", role, g.pick(firms), g.digits(9))
		g.add("N3*%s~", g.pick(streets))
		g.add("N4*%s*%s*%s*US~", cities[at], states[at], g.digits(5))
	}
	lines := 0
	for g.segs+4 <= segments-2 {
		lines++
		g.add("PO1*%d*%d*%s*%d.%s*PE*VN*%s*BP*%s~", lines, 1+g.rand.IntN(500), g.pick(units), g.rand.IntN(400), g.digits(2), g.digits(9), g.digits(7))
		g.add("PID*F****%s~", g.pick(things))
		g.add("PO4*%d*%d*EA~", 1+g.rand.IntN(12), 1+g.rand.IntN(48))
		g.add("REF*LI*%s~", g.digits(5))
	}
	for g.segs < segments-2 {
		g.add("N9*ZZ*%s~", g.digits(8)) // after the last line
	}
	g.add("CTT*%d~", lines)
	g.segs++
	g.n += int64(len(g.body))
	_, _ = g.w.Write(g.body)
	g.put("SE*%d*%04d~", g.segs, number)
}
