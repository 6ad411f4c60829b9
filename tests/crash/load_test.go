//go:build long

package crash

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// load is what the systems report: the same in every run of one size.
type load struct {
	contacts [][]byte // webhooks of the CRM
	files    [][]byte // of the ERP
	crm, erp int64    // source records that there are in the end
}

// newLoad makes about so many records of half as many customers: each is in the CRM, every second
// in the ERP too, and some change.
func newLoad(records int) *load {
	customers := records * 8 / 15
	random := rand.New(rand.NewPCG(20260115, 3))
	l := &load{crm: int64(customers)}
	var second [][]byte
	files := make([]bytes.Buffer, 4)
	for i := range files {
		files[i].WriteString("no;rev;changed;name;mail;street;zip;city\n")
	}
	for n := range customers {
		l.contacts = append(l.contacts, contact(n, 1))
		if n%4 == 0 {
			second = append(second, contact(n, 2))
		}
		if n%2 == 0 {
			l.erp++
			row(&files[random.IntN(2)], n, 1)
		}
		if n%8 == 0 {
			row(&files[2+random.IntN(2)], n, 2)
		}
	}
	l.contacts = append(l.contacts, second...)
	for i := range files {
		l.files = append(l.files, files[i].Bytes())
	}
	return l
}

func contact(n, rev int) []byte {
	return fmt.Appendf(nil, `{"id":"C%05d","rev":%d,"at":%q,"name":"Anna %d 王","mail":"p%05d@post.example","phone":"+4930%07d"}`,
		n, rev, at(n, 2*rev), n, n, 1000000+10*n+rev)
}

func row(to io.Writer, n, rev int) {
	fmt.Fprintf(to, "E%05d;%d;%s;Anna Müller %d;p%05d@post.example;Ring %d, Tür %d;10115;Berlin\n", n, rev, at(n, 2*rev+1), n, n, n, rev)
}

// at is a time in the business.
func at(n, day int) string {
	return time.Date(2026, 1, day, 0, 0, n, 0, time.UTC).Format(time.RFC3339)
}

// drop puts the nth file of the ERP into its folder, whole.
func (l *load) drop(t *testing.T, folder string, n int) {
	t.Helper()
	folder = filepath.Join(folder, "drop", "erp")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, fmt.Sprintf("customers-%d.csv", n))
	if err := os.WriteFile(path+".part", l.files[n], 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".part", path); err != nil {
		t.Fatal(err)
	}
}

// senders are the CRM: several at a time send webhooks, each again and again until it is
// acknowledged, to whichever hub is there.
type senders struct {
	address atomic.Pointer[string]
	acked   atomic.Int64
	again   atomic.Int64 // webhooks sent once more
	done    sync.WaitGroup
	client  *http.Client
}

func (s *senders) to(address string) { s.address.Store(&address) }

// send begins to send webhooks; wait for done.
func (s *senders) send(t *testing.T, webhooks [][]byte) {
	const several = 8
	s.client = &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: several}}
	for first := range several {
		s.done.Go(func() {
			for i := first; i < len(webhooks) && t.Context().Err() == nil; i += several {
				for !s.post(t, webhooks[i]) && t.Context().Err() == nil {
					s.again.Add(1)
					time.Sleep(20 * time.Millisecond)
				}
				s.acked.Add(1)
			}
		})
	}
}

func (s *senders) post(t *testing.T, body []byte) (acknowledged bool) {
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+*s.address.Load()+"/in/crm/contacts", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return true
	}
	q.Header.Set("Content-Type", "application/json")
	answer, err := s.client.Do(q)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err == nil && answer.StatusCode == http.StatusOK
}

// reach waits until so many webhooks are acknowledged.
func (s *senders) reach(t *testing.T, n int64) {
	t.Helper()
	for late := time.Now().Add(patience); s.acked.Load() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("only %d of %d webhooks are acknowledged", s.acked.Load(), n)
		}
	}
}
