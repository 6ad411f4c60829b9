package canonical

import "encoding/json"

// Interaction is one touch between customer and company on some channel.
type Interaction struct {
	Channel    string            `json:"channel" enum:"phone,mail,fax,web,chat,mobile,sms,visit,post" doc:"how they met"`
	Direction  string            `json:"direction,omitempty" enum:"in,out" doc:"in: the customer came to us"`
	Time       string            `json:"time" format:"date-time" doc:"when it began"`
	Duration   string            `json:"duration,omitempty" format:"decimal" doc:"seconds"`
	Parties    []Party           `json:"parties,omitempty" doc:"who took part, by role"`
	Agent      string            `json:"agent,omitempty" doc:"who served the customer"`
	Subject    string            `json:"subject,omitempty" doc:"what it was about"`
	Summary    string            `json:"summary,omitempty" doc:"what was said"`
	Thread     string            `json:"thread,omitempty" doc:"what joins the interactions of one conversation"`
	Outcome    string            `json:"outcome,omitempty" doc:"how it ended"`
	References []Reference       `json:"references,omitempty" doc:"documents that it is about"`
	Attributes map[string]string `json:"attributes,omitempty" doc:"further attributes by name"`
	Source     *Source           `json:"source,omitempty" doc:"the record that this entity was translated from"`

	// Extra holds top-level members that this version of the model does not know.
	Extra map[string]json.RawMessage `json:"-"`
}
