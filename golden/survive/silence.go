package survive

// heard parts candidates into those that have a say and those that have none.
func heard(candidates []candidate) (with, without []candidate) {
	for i := range candidates {
		if candidates[i].silent {
			return part(candidates)
		}
	}
	return candidates, nil
}

func part(candidates []candidate) (with, without []candidate) {
	for _, c := range candidates {
		if c.silent {
			without = append(without, c)
		} else {
			with = append(with, c)
		}
	}
	return with, without
}

// loses adds what had no say to what lost against a value.
func (v *Value) loses(rule *Rule, silent []candidate, encode func(*candidate) []byte) {
	for i := range silent {
		if len(v.Lost) >= lostKept {
			return
		}
		v.Lost = append(v.Lost, Lost{Source: silent[i].source.Key, Value: encode(&silent[i]), Why: silent[i].source.Silent[rule.When]})
	}
}

// unheard notes that what is stated of an attribute is stated by records without a say only.
func (e *election) unheard(name string, rule *Rule, silent []candidate, encode func(*candidate) []byte) {
	if len(silent) == 0 {
		return
	}
	v := Value{Source: silent[0].source.Key, Rule: NoRule}
	v.loses(rule, silent, encode)
	e.add(name, []Value{v})
}
