package bigcommercesim

import "time"

// storeAge is how far back the seeded records reach.
const storeAge = 2 * 365 * 24 * time.Hour

// timeline gives seeded records their dates without storing them. Creation
// dates rise with the id, as they do in a real store.
type timeline struct {
	salt, seed   uint64
	first, count int64
	start, end   int64 // Unix seconds
}

func (t timeline) created(id int64) int64 {
	step := float64(t.end-t.start) / float64(max(1, t.count))
	created := t.start + int64(step*float64(id-t.first))
	if step >= 1 {
		created += int64(mix(t.seed, t.salt, uint64(id), 1) % uint64(step))
	}
	return min(created, t.end)
}

// modified is the creation for six of ten records, later for the others.
func (t timeline) modified(id int64) int64 {
	created := t.created(id)
	if mix(t.seed, t.salt, uint64(id), 2)%10 < 6 || created >= t.end {
		return created
	}
	return created + int64(mix(t.seed, t.salt, uint64(id), 3)%uint64(t.end-created))
}

// mix is SplitMix64 over its arguments: the same numbers always give the same
// answer, which is what lets a record be made anew on each read.
func mix(parts ...uint64) uint64 {
	var h uint64 = 0x9e3779b97f4a7c15
	for _, p := range parts {
		h += p*0xbf58476d1ce4e5b9 + 0x94d049bb133111eb
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}
