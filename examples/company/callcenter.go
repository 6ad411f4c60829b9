package company

import (
	"encoding/json"
	"fmt"
	"time"
)

const callCenterToken = "callcenter-token"

// CallCenter is the telephone system, which reports every call when it has ended.
type CallCenter struct {
	events *sender
	url    string
	next   int64
}

// PhoneCall is one call.
type PhoneCall struct {
	Number  string // of the customer, as the telephone system shows it
	Inbound bool
	Start   time.Time
	Seconds int
	Topic   string
	Result  string
	Agent   string
}

func openCallCenter(url string, made []PhoneCall) *CallCenter {
	c := &CallCenter{events: newSender(), url: url}
	for _, call := range made {
		c.Report(call)
	}
	return c
}

// Report tells the hub of a call. Calls are reported one after the other.
func (c *CallCenter) Report(call PhoneCall) {
	c.next++
	event := map[string]any{
		"call": map[string]any{
			"id": fmt.Sprintf("c-%06d", c.next), "number": call.Number, "inbound": call.Inbound,
			"started_at": call.Start.Format(time.RFC3339),
			"ended_at":   call.Start.Add(time.Duration(call.Seconds) * time.Second).Format(time.RFC3339),
			"seconds":    call.Seconds, "topic": call.Topic, "result": call.Result,
		},
		"agent": map[string]any{"name": call.Agent},
	}
	body, _ := json.Marshal(event) // texts and numbers always marshal
	c.events.send(hook{lane: c.next, url: c.url, body: body, header: map[string]string{"Authorization": "Bearer " + callCenterToken}})
}

// Reported is how many calls were reported, taken by the hub or not.
func (c *CallCenter) Reported() int { return int(c.next) }

// Close gives up what was not taken.
func (c *CallCenter) Close() error { return c.events.Close() }
