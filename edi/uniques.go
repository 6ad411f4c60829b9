package edi

import (
	"slices"
	"strconv"
)

// uniquesLimit bounds what uniques keeps. Beyond it a repetition may go unnoticed.
const uniquesLimit = 1 << 16

// uniques notices control numbers that come twice. Consecutive numbers, as senders give them, are
// kept as one run however many there are.
type uniques struct {
	bare   runs // numbers without leading zeros
	padded runs // numbers with leading zeros, all as wide as the first one
	width  int
	other  map[string]struct{}
}

func (u *uniques) clear() { *u = uniques{bare: u.bare[:0], padded: u.padded[:0]} }

// seen notes the number and says whether it came before.
func (u *uniques) seen(number string) bool {
	n, err := strconv.ParseUint(number, 10, 63)
	zeros := len(number) > 1 && number[0] == '0'
	switch {
	case err == nil && number[0] != '+' && !zeros:
		return u.bare.seen(n)
	case err == nil && zeros && (u.width == 0 || u.width == len(number)):
		u.width = len(number)
		return u.padded.seen(n)
	}
	_, there := u.other[number]
	if !there && len(u.other) < uniquesLimit {
		if u.other == nil {
			u.other = map[string]struct{}{}
		}
		u.other[number] = struct{}{}
	}
	return there
}

// runs are the runs of consecutive numbers, in order and apart.
type runs [][2]uint64

func (r *runs) seen(n uint64) bool {
	list := *r
	at := len(list) // of the first run that ends at n or behind it
	if at > 0 && list[at-1][1] >= n {
		at, _ = slices.BinarySearchFunc(list, n, func(run [2]uint64, n uint64) int {
			if run[1] < n {
				return -1
			}
			return 1
		})
	}
	if at < len(list) && list[at][0] <= n {
		return true
	}
	before := at > 0 && list[at-1][1]+1 == n
	after := at < len(list) && list[at][0] == n+1
	switch {
	case before && after:
		list[at-1][1] = list[at][1]
		*r = slices.Delete(list, at, at+1)
	case before:
		list[at-1][1] = n
	case after:
		list[at][0] = n
	case len(list) < uniquesLimit:
		*r = slices.Insert(list, at, [2]uint64{n, n})
	}
	return false
}
