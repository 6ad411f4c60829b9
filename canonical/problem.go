package canonical

// Problem is one thing wrong with a document, where it stands and what would be right.
type Problem struct {
	Pointer  string // JSON pointer (RFC 6901) to the value; empty for the whole document
	Found    string // what stands there, as JSON, or a phrase
	Expected string // what would be right
}

// Error reads like `/addresses/0/country: found "Germany"; expected an ISO 3166-1 alpha-2 code such as "DE"`.
func (p *Problem) Error() string {
	at := p.Pointer
	if at != "" {
		at += ": "
	}
	return at + "found " + p.Found + "; expected " + p.Expected
}
