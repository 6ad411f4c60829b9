package embedded

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ErrDiskFull says that the disk has less room than the broker must keep free.
var ErrDiskFull = errors.New("disk is nearly full")

// Healthy is nil while the broker takes records. The hub asks before it
// acknowledges anything to a source.
func (b *Broker) Healthy() error { return b.disk.check(1) }

// FreeDisk is how many bytes are free where the folder is.
func (b *Broker) FreeDisk() (int64, error) { return freeBytes(b.cfg.Folder) }

// guardDisk makes the broker itself refuse records when even half of the limit
// is gone: its storage drops the errors of a sync, so a full disk would
// acknowledge what it has not kept. Healthy stops callers well before that.
func (b *Broker) guardDisk() {
	if b.cfg.MinFreeBytes <= 0 {
		return
	}
	b.cluster.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		if b.disk.check(2) == nil {
			return nil, nil, false
		}
		return refuse(req.(*kmsg.ProduceRequest)), nil, true
	})
}

// refuse answers each partition of a produce request with a storage error,
// which clients take as a reason to try again.
func refuse(req *kmsg.ProduceRequest) kmsg.Response {
	res := req.ResponseKind().(*kmsg.ProduceResponse)
	for _, t := range req.Topics {
		topic := kmsg.NewProduceResponseTopic()
		topic.Topic, topic.TopicID = t.Topic, t.TopicID
		for _, p := range t.Partitions {
			partition := kmsg.NewProduceResponseTopicPartition()
			partition.Partition = p.Partition
			partition.ErrorCode = kerr.KafkaStorageError.Code
			topic.Partitions = append(topic.Partitions, partition)
		}
		res.Topics = append(res.Topics, topic)
	}
	return res
}

// diskGuard looks at the free disk at most four times a second.
type diskGuard struct {
	folder string
	min    int64

	mu   sync.Mutex
	at   time.Time
	free int64
	err  error
}

// check compares the free disk with the limit divided by part.
func (d *diskGuard) check(part int64) error {
	if d.min <= 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.at) > 250*time.Millisecond {
		d.free, d.err = freeBytes(d.folder)
		d.at = time.Now()
	}
	switch {
	case d.err != nil:
		return fmt.Errorf("look at free disk of %s: %w", d.folder, d.err)
	case d.free < d.min/part:
		return fmt.Errorf("%w: %s has %d MiB left, at least %d are kept free", ErrDiskFull, d.folder, d.free>>20, d.min>>20)
	}
	return nil
}
