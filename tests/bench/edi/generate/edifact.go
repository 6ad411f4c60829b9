package generate

// edifact writes one interchange of ORDERS D.96A in syntax 3 until that many bytes stand there.
func (g *generator) edifact(number, until int64) (sets int) {
	date := g.date()
	g.put("UNA:+.? 'UNB+UNOC:3+5412345000013:14+8798765432106:14+%s:1200+%d'", date[2:], number)
	for sets == 0 || g.n < until {
		sets++
		g.orders(sets)
	}
	g.put("UNZ+%d+%d'", sets, number)
	return sets
}

func (g *generator) orders(number int) {
	g.body, g.segs = g.body[:0], 0
	g.add("UNH+%d+ORDERS:D:96A:UN:EAN008'", number)
	g.add("BGM+220+PO%s+9'", g.digits(8))
	g.add("DTM+137:%s:102'", g.date())
	g.add("DTM+2:%s:102'", g.date())
	g.add("FTX+PUR+++PLEASE DELIVER BEFORE NOON?: RING ?+1 %s'", g.digits(7))
	g.add("RFF+CT:%s'", g.digits(8))
	for _, role := range []string{"BY", "SU", "DP"} {
		at := g.rand.IntN(len(cities))
		g.add("NAD+%s+%s::9++%s+%s+%s+%s+%s+US'", role, g.digits(13), g.pick(firms), g.pick(streets), cities[at], states[at], g.digits(5))
		g.add("CTA+OC+:%s'", g.pick(people))
		g.add("COM+%s:TE'", g.digits(10))
	}
	g.add("CUX+2:USD:9'")
	lines := 0
	for g.segs+5 <= segments-3 {
		lines++
		g.add("LIN+%d++%s:EN'", lines, g.digits(13))
		g.add("PIA+1+%s:SA'", g.digits(7))
		g.add("IMD+F++:::%s'", g.pick(things))
		g.add("QTY+21:%d'", 1+g.rand.IntN(500))
		g.add("PRI+AAA:%d.%s:CA'", g.rand.IntN(400), g.digits(2))
	}
	for g.segs < segments-3 {
		g.add("RFF+LI:%s'", g.digits(8)) // of the last line
	}
	g.add("UNS+S'")
	g.add("CNT+2:%d'", lines)
	g.segs++
	g.n += int64(len(g.body))
	_, _ = g.w.Write(g.body)
	g.put("UNT+%d+%d'", g.segs, number)
}
