package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/ometria/ometria-bigcommerce/simulator/bigcommercesim"
	"github.com/ometria/ometria-bigcommerce/simulator/ometriasim"
)

// demoAccount is the simulated Ometria account; its identification code too.
const demoAccount = "demo"

// simulatedShop is the stand-in of BigCommerce and where it listens.
type simulatedShop struct {
	*bigcommercesim.Server
	url string
}

// simulatedOmetria is the stand-in of Ometria and where it listens.
type simulatedOmetria struct {
	*ometriasim.Server
	url string
}

// startSimulators starts both stand-ins and points the service at them.
func (s *stack) startSimulators() (stop func(), err error) {
	dir := ""
	if s.options.data != "" {
		dir = filepath.Join(s.dir, "simulators")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make data directory: %w", err)
		}
	}
	shopOptions := bigcommercesim.DefaultOptions()
	shopOptions.StoreHash = s.state.Accounts.StoreHash
	shopOptions.AccessToken = s.state.Accounts.AccessToken
	shopOptions.ClientID = s.state.Accounts.ClientID
	shopOptions.ClientSecret = s.state.Accounts.ClientSecret
	size := s.state.Shop
	shopOptions.Seed, shopOptions.Customers, shopOptions.Subscribers = size.Seed, size.Customers, size.Subscribers
	shopOptions.Products, shopOptions.Orders, shopOptions.Dir = size.Products, size.Orders, dir
	shop, err := bigcommercesim.New(shopOptions)
	if err != nil {
		return nil, fmt.Errorf("start simulated BigCommerce: %w", err)
	}
	marketingOptions := ometriasim.DefaultOptions()
	marketingOptions.Keys = map[string]string{s.state.Accounts.OmetriaKey: demoAccount}
	marketingOptions.Seed, marketingOptions.Dir = size.Seed, dir
	marketingOptions.SchemaDir, marketingOptions.Strict = s.schemaDir(), true
	marketing, err := ometriasim.New(marketingOptions)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start simulated Ometria: %w", err), shop.Close())
	}
	held, err := s.recordExchanges(shop)
	if err != nil {
		return nil, errors.Join(err, shop.Close(), marketing.Close())
	}
	shop.Faults().SetLatency(s.options.latency)
	marketing.Faults().SetLatency(s.options.latency)

	var stops []func()
	stop = func() {
		for _, stop := range stops {
			stop()
		}
		_ = shop.Close() // what they keep is for the next demo alone
		_ = marketing.Close()
	}
	for _, simulated := range []struct {
		what    string
		address *string
		handler http.Handler
	}{
		{"the simulated BigCommerce", &s.state.Addresses.BigCommerce, held},
		{"the simulated Ometria", &s.state.Addresses.Ometria, marketing},
	} {
		listener, err := s.listen(simulated.what, *simulated.address)
		if err != nil {
			stop()
			return nil, err
		}
		*simulated.address = listener.Addr().String()
		stops = append(stops, serve(listener, simulated.handler))
	}
	s.shop = &simulatedShop{shop, "http://" + s.state.Addresses.BigCommerce}
	s.marketing = &simulatedOmetria{marketing, "http://" + s.state.Addresses.Ometria}
	s.environ["OBC_BIGCOMMERCE_URL"], s.environ["OBC_OMETRIA_URL"] = s.shop.url, s.marketing.url
	return stop, nil
}
