package survive

import (
	"fmt"
	"time"
)

// Trusted says how far a system or stream is trusted, and how that decays with age.
type Trusted struct {
	Name     string        // system ("erp") or stream ("erp/customers"), which goes before its system
	Score    int           // 0 to 100
	HalfLife time.Duration // after which a statement is worth half; 0 for never
}

// weigh sets what each candidate's statement is worth.
func (e *election) weigh(trust []Trusted, candidates []candidate) {
	newest := e.newest()
	for i := range candidates {
		c := &candidates[i]
		c.worth = trustIn(trust, c.source).worth(c.time, newest)
	}
}

// trustIn finds the trust in a source; of systems that are not named it is 0.
func trustIn(trust []Trusted, s *Source) (found Trusted) {
	for _, t := range trust {
		switch t.Name {
		case s.System + "/" + s.Stream:
			return t
		case s.System:
			found = t
		}
	}
	return found
}

// worth is what is left of the trust in a statement, in thousandths of a point. With the age in
// whole half-lives n and the seconds r beyond them of a half-life of h seconds it is
//
//	S - S·r/2h    where S = (1000·score) / 2ⁿ
//
// each division rounded down: halved with every half-life, and on a straight line between. Whole
// numbers only, so that every machine finds the same. The age is counted from newest, in seconds of
// Unix time. A statement of unknown time is older than any.
func (t Trusted) worth(stated time.Time, newest int64) int32 {
	score := int64(t.Score) * 1000
	half := int64(t.HalfLife / time.Second)
	if half <= 0 {
		return int32(score)
	}
	if stated.IsZero() {
		return 0
	}
	age := max(newest-stated.Unix(), 0)
	score >>= min(age/half, 63)
	return int32(score - score*(age%half)/(2*half))
}

// newest is the latest business time at which one of the customer's records states something of its
// own, in seconds of Unix time; what a person pinned aside, which is dated by the hub. A report that
// only returns what the hub wrote does not make everything else older.
func (e *election) newest() int64 {
	if e.latest != nil {
		return *e.latest
	}
	var newest time.Time
	for i := range e.sources {
		if s := &e.sources[i]; !s.Pinned && s.Time.After(newest) {
			if t := s.lastStated(e.forms); t.After(newest) {
				newest = t
			}
		}
	}
	unix := newest.Unix()
	e.latest = &unix
	return unix
}

// lastStated is the latest time of an attribute that the record states of its own.
func (s *Source) lastStated(forms Forms) (latest time.Time) {
	if len(s.Written) == 0 && len(s.Since) == 0 {
		return s.Time
	}
	for _, a := range attributes {
		if t := s.stated(a.label()); t.After(latest) && s.statesOwn(a.label(), a.hashes(s.Customer, forms)) {
			latest = t
		}
	}
	for name, raw := range s.Customer.Extra {
		if t := s.stated(name); t.After(latest) && s.statesOwn(name, []uint64{hash(string(raw))}) {
			latest = t
		}
	}
	return latest
}

func (s *Source) statesOwn(attribute string, hashes []uint64) bool {
	for _, h := range hashes {
		if !s.wrote(attribute, h) {
			return true
		}
	}
	return len(hashes) == 0 && s.clears(attribute)
}

// thousandths writes a number of them as a decimal.
func thousandths(n int32) string { return fmt.Sprintf("%d.%03d", n/1000, n%1000) }
