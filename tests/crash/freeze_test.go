//go:build long

package crash

import (
	"syscall"
	"testing"
	"time"

	"github.com/touchstone-hub/touchstone/tests/hubtest"
)

// session is how long a process may give no sign of life.
const session = 6 * time.Second

// A process that is stopped for longer than its session loses its work to another, and when it
// wakes up it still believes that it has it.
func TestFenced_aProcessThatWakesUpTooLateWritesNothing(t *testing.T) {
	t.Parallel()
	env := cluster(t)
	quiet(t)
	r := newRun(t, env)
	sleeper := hubtest.Spawn(t, r.folder, r.process(0))
	r.crm.to(sleeper.Address())
	half := len(r.load.contacts) / 2
	r.crm.send(t, r.load.contacts[:half])
	r.load.drop(t, r.folder, 0)
	r.crm.reach(t, int64(half)/2)
	other := hubtest.Start(t, r.folder, r.process(1))
	r.crm.reach(t, int64(half)*3/4)
	sleeper.Signal(syscall.SIGSTOP)
	asleep := time.Now()
	r.crm.to(other.IntakeAddress()) // what the sleeper has not acknowledged is sent again
	for n := range r.load.files {
		r.load.drop(t, r.folder, n)
	}
	r.crm.done.Wait() // a contact's second state is not sent before its first is acknowledged
	r.crm.send(t, r.load.contacts[half:])
	r.crm.reach(t, int64(len(r.load.contacts)))
	time.Sleep(time.Until(asleep.Add(session * 3 / 2)))
	sleeper.Signal(syscall.SIGCONT)
	r.same(r.finish(other))
	t.Logf("the process slept for %.1f s", session.Seconds()*3/2)
}

// Alone on its folder there is nobody to take over: the process goes on where it was.
func TestFenced_aHubThatRunsByItselfSurvivesSleep(t *testing.T) {
	t.Parallel()
	quiet(t)
	r := newRun(t, embedded(t))
	p := hubtest.Spawn(t, r.folder, r.process(0))
	r.crm.to(p.Address())
	r.crm.send(t, r.load.contacts)
	for n := range r.load.files {
		r.load.drop(t, r.folder, n)
	}
	r.crm.reach(t, int64(len(r.load.contacts))/2)
	p.Signal(syscall.SIGSTOP)
	time.Sleep(session * 3 / 2)
	p.Signal(syscall.SIGCONT)
	r.crm.reach(t, int64(len(r.load.contacts)))
	p.Kill() // at once: what it holds in its hands is not finished
	r.same(r.finish(hubtest.Start(t, r.folder, r.process(0))))
}
