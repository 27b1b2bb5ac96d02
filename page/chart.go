package page

import (
	"time"

	"github.com/ometria/ometria-bigcommerce/internal/apiclient"
)

// The chart's measures, in the units of its drawing.
const (
	chartHeight = 80
	chartHour   = 24 // an hour's width, which two bars and a gap share
	chartBar    = 9
)

// chart draws the changes of the last day, hour by hour.
type chart struct {
	Hours               []chartHours
	Received, Delivered int64 // in all
	Most                int64 // in one hour, of either
	Width, Height       int
}

type chartHours struct {
	From                time.Time
	Received, Delivered int64
	In, Out             bar
}

// bar is a rectangle that stands on the chart's ground.
type bar struct{ X, Y, Width, Height int }

func chartOf(hours []apiclient.Changes) chart {
	c := chart{Width: chartHour * len(hours), Height: chartHeight}
	for _, h := range hours {
		c.Received, c.Delivered = c.Received+h.Received, c.Delivered+h.Delivered
		c.Most = max(c.Most, h.Received, h.Delivered)
	}
	for i, h := range hours {
		c.Hours = append(c.Hours, chartHours{
			From: h.Hour, Received: h.Received, Delivered: h.Delivered,
			In: barOf(h.Received, c.Most, chartHour*i+2), Out: barOf(h.Delivered, c.Most, chartHour*i+2+chartBar),
		})
	}
	return c
}

// barOf shows the least number as a line: there was something.
func barOf(n, most int64, x int) bar {
	height := 0
	if n > 0 {
		height = max(1, int(chartHeight*n/most))
	}
	return bar{X: x, Y: chartHeight - height, Width: chartBar, Height: height}
}
