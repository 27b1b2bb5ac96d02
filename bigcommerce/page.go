package bigcommerce

// MaxLimit is the most records a page may hold.
const MaxLimit = 250

// UnknownTotal is a Page's Total when the answer did not say.
const UnknownTotal = -1

// Page is one answer of a list.
type Page[T any] struct {
	Records []T
	// Unreadable are rows of the page that are valid JSON but not of the form
	// expected: they stand alone, so that one row does not hold up its page.
	Unreadable []Unreadable
	// Total is the number of records of the whole list, or UnknownTotal.
	Total int
	// More reports whether another page follows.
	More bool
	// EndCursor is the After of the next page, where the list has cursors.
	EndCursor string
	// Number is the page's number, where the list has numbers.
	Number int
	// LastID is the id of the last row, readable or not: the next page of a
	// keyset begins beyond it. 0 on an empty page.
	LastID int64
}

// Len is the number of rows, readable or not.
func (p Page[T]) Len() int { return len(p.Records) + len(p.Unreadable) }

// Unreadable is a row that could not be read as a record.
type Unreadable struct {
	// ID is the row's id, or 0 if not even that could be read.
	ID int64
	// Err says which field had which form, without its value.
	Err *DecodeError
}
