package web

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/everturn/everturn/game"
)

// queueCollector tells how many tickets wait, by game: all games are there, also
// those for which nobody waits.
type queueCollector struct{ desk *game.Desk }

var queueWaiting = prometheus.NewDesc("everturn_queue_waiting", "Tickets that wait for an opponent, by game.", []string{"game"}, nil)

// Describe sends what there is.
func (queueCollector) Describe(to chan<- *prometheus.Desc) { to <- queueWaiting }

// Collect sends the numbers as they are now.
func (q queueCollector) Collect(to chan<- prometheus.Metric) {
	pools, err := q.desk.Queues()
	if err != nil {
		to <- prometheus.NewInvalidMetric(queueWaiting, err)
		return
	}
	waiting := map[string]int{}
	for _, p := range pools {
		waiting[p.Game] += p.Waiting
	}
	for _, info := range q.desk.Games.Infos() {
		to <- prometheus.MustNewConstMetric(queueWaiting, prometheus.GaugeValue, float64(waiting[info.ID]), info.ID)
	}
}
