package match

// Covers says whether the level holds wherever another one does: standing before it, it leaves that
// one no pair.
func (l Level) Covers(other Level) bool {
	if l.Kind == other.Kind {
		switch l.Kind {
		case JaroWinkler, TokenSet, LastDigits:
			return l.Arg <= other.Arg
		case Edits, Within, Numeric, Distance:
			return l.Arg >= other.Arg
		}
		return true
	}
	switch other.Kind {
	case Exact:
		return coversEqual[l.Kind]
	case OneDigit:
		return l.Kind == Edits
	case SameYear:
		return l.Kind == Within && l.Arg >= 365
	case PostcodeTown:
		return l.Kind == PostcodeOnly || l.Kind == AreaTown || l.Kind == TownOnly || l.Kind == AreaOnly
	case PostcodeOnly:
		return l.Kind == AreaOnly
	case AreaTown:
		return l.Kind == TownOnly || l.Kind == AreaOnly
	}
	return false
}

// coversEqual are the kinds that hold for equal values.
var coversEqual = [lastLevelKind]bool{
	Nickname: true, Begins: true, JaroWinkler: true, Edits: true, TokenSet: true, Within: true, SameYear: true,
	LocalPart: true, LastDigits: true, Numeric: true, Distance: true,
}
