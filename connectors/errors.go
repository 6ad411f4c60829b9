package connectors

import (
	"errors"
	"fmt"
	"time"
)

// RetryableError is a failure that may pass: the hub tries again, not before After where it is set.
type RetryableError struct {
	Err   error
	After time.Duration
}

func (e *RetryableError) Error() string { return e.Err.Error() }
func (e *RetryableError) Unwrap() error { return e.Err }

// PermanentError is a failure that trying again will not mend; an operator has to.
type PermanentError struct{ Err error }

func (e *PermanentError) Error() string { return e.Err.Error() }
func (e *PermanentError) Unwrap() error { return e.Err }

// UnauthorisedError is a refusal of the credentials.
type UnauthorisedError struct{ Err error }

func (e *UnauthorisedError) Error() string { return fmt.Sprintf("credentials refused: %v", e.Err) }
func (e *UnauthorisedError) Unwrap() error { return e.Err }

// Class tells the classes of error apart.
type Class string

// The classes of error. What carries no class is retryable.
const (
	ClassRetryable    Class = "retryable"
	ClassPermanent    Class = "permanent"
	ClassUnauthorised Class = "unauthorised"
)

// Classify returns an error's class and, for retryable ones, the delay that the system asked for.
func Classify(err error) (Class, time.Duration) {
	var (
		u *UnauthorisedError
		p *PermanentError
		r *RetryableError
	)
	switch {
	case errors.As(err, &u):
		return ClassUnauthorised, 0
	case errors.As(err, &p):
		return ClassPermanent, 0
	case errors.As(err, &r):
		return ClassRetryable, r.After
	}
	return ClassRetryable, 0
}
