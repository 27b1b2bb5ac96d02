package activities

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gate is a token that a test gives out.
type gate struct {
	open   chan error
	groups [][]int
}

func (g *gate) sharing(most int) sharing[int, int] {
	return sharing[int, int]{
		fits: func(gathered []int, in int) bool { return len(gathered) < most && !slices.Contains(gathered, in) },
		work: func(ctx context.Context, take func() []int) func(int) (int, error) {
			var err error
			select {
			case err = <-g.open:
			case <-ctx.Done():
				err = ctx.Err()
			}
			if err == nil {
				g.groups = append(g.groups, take())
			}
			return func(in int) (int, error) { return -in, err }
		},
	}
}

func TestTogether(t *testing.T) {
	t.Run("who waits for the token goes with it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var (
				door together[string, int, int]
				g    = &gate{open: make(chan error)}
				wg   sync.WaitGroup
			)
			for in := range 25 {
				wg.Go(func() {
					out, err := door.do(t.Context(), "key", in, g.sharing(10))
					assert.NoError(t, err)
					assert.Equal(t, -in, out, "each gets its own answer")
				})
			}
			synctest.Wait()
			for range 3 {
				g.open <- nil
				synctest.Wait()
			}
			wg.Wait()
			var sizes, all []int
			for _, group := range g.groups {
				sizes, all = append(sizes, len(group)), append(all, group...)
			}
			slices.Sort(sizes)
			slices.Sort(all)
			assert.Equal(t, []int{5, 10, 10}, sizes)
			assert.Len(t, slices.Compact(all), 25)
			assert.Empty(t, door.open)
		})
	})
	t.Run("keys do not mix, and what does not fit goes apart", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var (
				door together[string, int, int]
				g    = &gate{open: make(chan error)}
				wg   sync.WaitGroup
			)
			for _, key := range []string{"a", "b", "b"} {
				wg.Go(func() { _, _ = door.do(t.Context(), key, 1, g.sharing(10)) })
			}
			for range 3 {
				g.open <- nil
				synctest.Wait()
			}
			wg.Wait()
			assert.Equal(t, [][]int{{1}, {1}, {1}}, g.groups)
		})
	})
	t.Run("one who gives up is not taken, and ends nobody else", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var (
				door together[string, int, int]
				g    = &gate{open: make(chan error)}
				wg   sync.WaitGroup
			)
			leaving, leave := context.WithCancel(t.Context())
			wg.Go(func() { // the first, whose group it is
				_, err := door.do(leaving, "key", 1, g.sharing(10))
				assert.ErrorIs(t, err, context.Canceled)
			})
			synctest.Wait()
			wg.Go(func() {
				out, err := door.do(t.Context(), "key", 2, g.sharing(10))
				assert.NoError(t, err)
				assert.Equal(t, -2, out)
			})
			synctest.Wait()
			leave()
			synctest.Wait()
			g.open <- nil
			wg.Wait()
			assert.Equal(t, [][]int{{2}}, g.groups)
		})
	})
	t.Run("the last to give up ends the work", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { // which fails when a goroutine is left behind
			var (
				door together[string, int, int]
				g    = &gate{open: make(chan error)}
				wg   sync.WaitGroup
			)
			leaving, leave := context.WithCancel(t.Context())
			for in := range 3 {
				wg.Go(func() {
					_, err := door.do(leaving, "key", in, g.sharing(10))
					assert.ErrorIs(t, err, context.Canceled)
				})
			}
			synctest.Wait()
			leave()
			wg.Wait()
			assert.Empty(t, g.groups)
			assert.Empty(t, door.open)
		})
	})
	t.Run("without a token all get the error", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var (
				door together[string, int, int]
				g    = &gate{open: make(chan error)}
				wg   sync.WaitGroup
				none = errors.New("no token")
			)
			for in := range 3 {
				wg.Go(func() {
					_, err := door.do(t.Context(), "key", in, g.sharing(10))
					assert.ErrorIs(t, err, none)
				})
			}
			synctest.Wait()
			g.open <- none
			wg.Wait()
		})
	})
	t.Run("a panic fails the group and not the process", func(t *testing.T) {
		var door together[string, int, int]
		_, err := door.do(t.Context(), "key", 1, sharing[int, int]{
			fits: func([]int, int) bool { return true },
			work: func(context.Context, func() []int) func(int) (int, error) { panic("poison") },
		})
		require.ErrorContains(t, err, "poison")
		assert.Empty(t, door.open)
	})
}
