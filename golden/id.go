package golden

import (
	"encoding/base32"

	"github.com/google/uuid"
)

// crockford is Douglas Crockford's base 32: no I, L, O or U, sorts as the bytes do.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// NewID returns a new golden ID: G and 26 characters of Crockford's base 32 over a version 7 UUID
// (RFC 9562), so that IDs sort by when they were given and can be read out on the phone.
func NewID() string {
	id, err := uuid.NewV7()
	if err != nil { // the system has no randomness: nothing that follows could be trusted
		panic("golden: " + err.Error())
	}
	return "G" + crockford.EncodeToString(id[:])
}
