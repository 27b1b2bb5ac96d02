package browser

import (
	"cmp"
	"image"
	"image/color"
	"maps"
	"slices"
)

// inFewColours is a picture with a palette of its 128 most frequent colours,
// which takes a third of the space. Others become the nearest of these.
func inFewColours(picture image.Image) *image.Paletted {
	bounds := picture.Bounds()
	often := map[color.RGBA]int{}
	each := func(do func(x, y int, c color.RGBA)) {
		for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
			for x := bounds.Min.X; x < bounds.Max.X; x++ {
				do(x, y, color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA))
			}
		}
	}
	each(func(_, _ int, c color.RGBA) { often[c]++ })
	ranked := slices.SortedFunc(maps.Keys(often), func(a, b color.RGBA) int {
		return cmp.Or(often[b]-often[a], cmp.Compare(number(a), number(b)))
	})
	palette := color.Palette{}
	for _, c := range ranked[:min(len(ranked), 128)] {
		palette = append(palette, c)
	}
	nearest := map[color.RGBA]uint8{}
	small := image.NewPaletted(bounds, palette)
	each(func(x, y int, c color.RGBA) {
		at, known := nearest[c]
		if !known {
			at = uint8(palette.Index(c))
			nearest[c] = at
		}
		small.SetColorIndex(x, y, at)
	})
	return small
}

func number(c color.RGBA) int { return int(c.R)<<16 | int(c.G)<<8 | int(c.B) }
