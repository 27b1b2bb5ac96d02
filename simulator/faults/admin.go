package faults

import (
	"encoding/json"
	"net/http"
	"time"
)

// latencyOrder is the body of PUT …/latency.
type latencyOrder struct {
	LatencyMS int `json:"latency_ms"`
}

// Register serves the injector under prefix ("/_simulator/faults"): POST
// orders a fault, GET lists those that stand, DELETE takes all away, DELETE
// prefix/{id} one, and PUT prefix/latency {"latency_ms"} slows each call.
func (i *Injector) Register(mux *http.ServeMux, prefix string) {
	mux.HandleFunc("POST "+prefix, func(w http.ResponseWriter, r *http.Request) {
		var f Fault
		if !decode(w, r, &f) {
			return
		}
		f, err := i.Order(f)
		if err != nil {
			write(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
			return
		}
		write(w, http.StatusCreated, f)
	})
	mux.HandleFunc("GET "+prefix, func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, i.List())
	})
	mux.HandleFunc("DELETE "+prefix, func(w http.ResponseWriter, _ *http.Request) {
		i.Clear()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("DELETE "+prefix+"/{id}", func(w http.ResponseWriter, r *http.Request) {
		if !i.Remove(r.PathValue("id")) {
			write(w, http.StatusNotFound, map[string]string{"error": "no such fault"})
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("PUT "+prefix+"/latency", func(w http.ResponseWriter, r *http.Request) {
		var order latencyOrder
		if !decode(w, r, &order) {
			return
		}
		i.SetLatency(time.Duration(order.LatencyMS) * time.Millisecond)
		w.WriteHeader(http.StatusNoContent)
	})
}

func decode(w http.ResponseWriter, r *http.Request, v any) bool {
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	in.DisallowUnknownFields()
	if err := in.Decode(v); err != nil {
		write(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
		return false
	}
	return true
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
