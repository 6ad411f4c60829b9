package formats

// Part describes what may stand at a place of a record whose format has names of its own for
// everything, as EDI has: segments and loops that come again, told apart by a qualifier, and
// elements that are called by a number. Expressions check and read paths such as `N1[ST].N3.1` by
// it, and payloads are checked against it. A Part never changes.
type Part interface {
	// Member is the part of that name; nil where there can be none. The name may carry what stands
	// in brackets after it: `N1[ST]` is each N1 with the qualifier ST, `C059[*]` all that are there.
	Member(name string) Part
	// Names lists the names that Member knows, in order; nil where it takes any that is well formed.
	Names() []string
	// Name is how the record's shape calls the part: one spelling for `06` and `6`.
	Name() string
	// Repeats says that the part is decoded as a list of all that are there. Where a member is read
	// of it, the first one's is meant.
	Repeats() bool
	// Simple says that the part is one text, without members.
	Simple() bool
}

// Segmented is implemented by formats whose records are read by Parts.
type Segmented interface {
	// Record describes a record of the format.
	Record() Part
}

// Locator is implemented by formats whose values have a place that people know by other names than
// their path and offset.
type Locator interface {
	// Locate says where the value stands that begins at an offset of the frame's bytes.
	Locate(fr Frame, offset int) string
}

// Divided is implemented by formats that may take parts of what they read for the records.
type Divided interface {
	// From names the part of which each is a record; "" where the whole is one.
	From() string
}
