package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ByteSize is a number of bytes, written "512", "64KB", "10MB" (powers of
// 1000) or "1GiB" (powers of 1024).
type ByteSize int64

// String gives the size in the largest unit that divides it.
func (b ByteSize) String() string {
	for _, u := range slices.Backward(byteUnits) {
		if b != 0 && int64(b)%u.size == 0 {
			return fmt.Sprintf("%d%s", int64(b)/u.size, u.name)
		}
	}
	return fmt.Sprintf("%dB", int64(b))
}

type byteUnit struct {
	name string
	size int64
}

var byteUnits = []byteUnit{
	{"B", 1},
	{"KB", 1e3},
	{"KiB", 1 << 10},
	{"MB", 1e6},
	{"MiB", 1 << 20},
	{"GB", 1e9},
	{"GiB", 1 << 30},
	{"TB", 1e12},
	{"TiB", 1 << 40},
}

var (
	byteSizeText = regexp.MustCompile(`^([0-9]+)(\.[0-9]+)? ?([A-Za-z]*)$`)
	dayText      = regexp.MustCompile(`^([0-9]+)d(.*)$`)
)

// ParseByteSize reads "10MB", "1.5GiB" or "512"; case does not matter.
func ParseByteSize(text string) (ByteSize, error) {
	m := byteSizeText.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q is no size", text)
	}
	unit := int64(1)
	if m[3] != "" {
		i := slices.IndexFunc(byteUnits, func(u byteUnit) bool { return strings.EqualFold(u.name, m[3]) })
		if i < 0 {
			return 0, fmt.Errorf("%q has an unknown unit", text)
		}
		unit = byteUnits[i].size
	}
	number, err := strconv.ParseFloat(m[1]+m[2], 64)
	if err != nil || number*float64(unit) >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is too large", text)
	}
	if whole, err := strconv.ParseInt(m[1], 10, 64); err == nil && m[2] == "" {
		return ByteSize(whole * unit), nil
	}
	return ByteSize(number * float64(unit)), nil
}

// ParseDuration reads Go's durations ("15s", "1h30m") and days ("7d", "1d12h").
func ParseDuration(text string) (time.Duration, error) {
	var days time.Duration
	if m := dayText.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil || n > 100_000 {
			return 0, fmt.Errorf("%q is too long", text)
		}
		days = time.Duration(n) * 24 * time.Hour
		if m[2] == "" {
			return days, nil
		}
		text = m[2]
	}
	rest, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no duration", text)
	}
	return days + rest, nil
}
