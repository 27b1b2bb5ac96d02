package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
	"github.com/ometria/ometria-bigcommerce/tag"
)

// scriptsPerAccount is how many scripts one API account may have (Scripts
// overview).
const scriptsPerAccount = 10

// InstallScript puts Ometria's JavaScript tag into the storefronts, or renews
// it.
func (a *Activities) InstallScript(ctx context.Context, in Connection) error {
	defer beat(ctx)()
	i, err := a.installer(ctx, in.ConnectionID)
	if err != nil || mustStayClean(i.connection) {
		return temporalError(err)
	}
	if _, err = i.ensureScripts(ctx, true); err != nil {
		return setupError(err)
	}
	// Whoever renews the script has looked at what was left behind, and what an
	// undone setup left is ours again.
	return temporalError(i.show(ctx, false, connection.LeftBehind, ""))
}

func (i *installer) ours(s bigcommerce.Script) bool {
	noted := slices.ContainsFunc(i.connection.Installed.Scripts, func(known connection.Script) bool { return known.ID == s.UUID })
	return noted || tag.IsOf(i.connection, i.TagURL, s)
}

// ensureScripts makes sure that one script of ours stands in each storefront
// channel, and reports whether something had to be done. With renew each is
// written anew even if it stands.
func (i *installer) ensureScripts(ctx context.Context, renew bool) (mended bool, err error) {
	fronts, known, err := i.storefronts(ctx)
	if err != nil {
		return false, err
	}
	all, err := i.shop.Scripts.List(ctx)
	if err != nil {
		return false, fmt.Errorf("list scripts: %w", err)
	}
	standing := slices.DeleteFunc(slices.Clone(all), func(s bigcommerce.Script) bool { return !i.ours(s) })
	set := scriptSet{installer: i, standing: standing, room: scriptsPerAccount - len(all)}
	for _, channel := range channelsOf(fronts, known, standing, i.before()) {
		if err := set.ensure(ctx, channel, renew); err != nil {
			// The failure goes out as it is: Temporal looks at nothing inside.
			if noting := set.note(ctx, i.connection.Installed.Scripts...); noting != nil {
				return set.mended, noting
			}
			return set.mended, err
		}
	}
	for _, surplus := range set.standing { // doubles, or of channels that vanished
		if err := i.shop.Scripts.Delete(ctx, surplus.UUID); err != nil && !bigcommerce.IsNotFound(err) {
			return set.mended, fmt.Errorf("delete surplus script: %w", err)
		}
	}
	if err := set.note(ctx); err != nil {
		return set.mended, err
	}
	return set.mended, i.showScriptState(ctx, fronts, set)
}

// storefronts are the channels that shoppers visit; known is false for a token
// without the Channel Settings scope, which is not asked for.
func (i *installer) storefronts(ctx context.Context) (fronts tag.Storefronts, known bool, err error) {
	channels, err := i.shop.Channels.List(ctx, bigcommerce.ChannelFilter{Available: true, Types: []string{bigcommerce.ChannelStorefront}})
	if bigcommerce.IsForbidden(err) || bigcommerce.IsNotFound(err) || bigcommerce.IsUnknownRoute(err) {
		return tag.Storefronts{}, false, nil // a store that is gone shows at its scripts
	}
	if err != nil {
		return tag.Storefronts{}, false, fmt.Errorf("list channels: %w", err)
	}
	fronts = tag.Split(channels)
	return fronts, len(fronts.Rendered)+len(fronts.Headless) > 0, nil
}

// before are the scripts that new ones are to take the place of.
func (i *installer) before() []connection.Script {
	if i.connection.AuthenticationID == i.whole.AuthenticationID {
		return nil
	}
	return i.whole.Installed.Scripts
}

// channelsOf are the channels that want a script. Where nobody knows them,
// those that have one keep it, and the first goes to the default channel.
func channelsOf(fronts tag.Storefronts, known bool, standing []bigcommerce.Script, before []connection.Script) []int64 {
	var channels []int64
	if known {
		for _, channel := range fronts.Rendered {
			channels = append(channels, channel.ID)
		}
		return channels
	}
	for _, s := range standing {
		channels = append(channels, s.ChannelID)
	}
	for _, s := range before {
		channels = append(channels, s.ChannelID)
	}
	slices.Sort(channels)
	if channels = slices.Compact(channels); len(channels) == 0 {
		return []int64{0}
	}
	return channels
}

// scriptSet is the work on a connection's scripts.
type scriptSet struct {
	*installer
	standing []bigcommerce.Script // ours, not looked at yet
	room     int                  // how many more the API account may have
	wanted   []bigcommerce.Script // by now in the store, with their ids
	written  bool
	mended   bool
}

// ensure makes one channel's script stand.
func (set *scriptSet) ensure(ctx context.Context, channel int64, renew bool) error {
	want := tag.Script(set.connection, set.TagURL, channel)
	at := slices.IndexFunc(set.standing, func(s bigcommerce.Script) bool { return s.ChannelID == channel || s.ChannelID == 0 || channel == 0 })
	if at < 0 {
		set.keepConsent(&want, set.consents[channel])
		set.mended = true
		return set.create(ctx, want)
	}
	found := set.standing[at]
	set.standing = slices.Delete(set.standing, at, at+1)
	set.keepConsent(&want, found.ConsentCategory)
	want.UUID = found.UUID
	if tag.Same(found, want) && found.ConsentCategory == want.ConsentCategory {
		if !renew {
			set.wanted = append(set.wanted, want)
			return nil
		}
	} else {
		set.mended = true
	}
	return set.update(ctx, found, want)
}

// keepConsent leaves the consent category as the merchant chose it in Script
// Manager, unless the setting does.
func (set *scriptSet) keepConsent(want *bigcommerce.Script, chosen string) {
	if set.connection.Settings.ScriptConsent == "" && chosen != "" && chosen != bigcommerce.ConsentUnknown {
		want.ConsentCategory = chosen
	}
}

func (set *scriptSet) create(ctx context.Context, want bigcommerce.Script) error {
	if err := set.mayMake(ctx); err != nil {
		return err
	}
	made, err := set.shop.Scripts.Create(ctx, want)
	if err != nil {
		return scriptRefused(err, want.Kind == bigcommerce.ScriptKindSrc || set.room <= 0, scriptsPerAccount-set.room)
	}
	set.room--
	set.written = true
	want.UUID, want.ChannelID = made.UUID, cmp.Or(made.ChannelID, want.ChannelID)
	set.wanted = append(set.wanted, want)
	return nil
}

// update writes a script in its place. Whether that may change its kind is not
// documented: a script of the other kind that is refused, or comes back with
// something of the old one, makes room for a new one.
func (set *scriptSet) update(ctx context.Context, found, want bigcommerce.Script) error {
	answer, err := set.shop.Scripts.Update(ctx, found.UUID, want)
	switch {
	case err == nil && (found.Kind == want.Kind || tag.Same(answer, want)):
		set.written = true
		set.wanted = append(set.wanted, want)
		return nil
	case err != nil && !bigcommerce.IsNotFound(err) && (found.Kind == want.Kind || !contentRefused(err)):
		return scriptRefused(err, false, 0)
	}
	if err := set.shop.Scripts.Delete(ctx, found.UUID); err != nil && !bigcommerce.IsNotFound(err) {
		return fmt.Errorf("delete script of the other kind: %w", err)
	}
	set.room++
	return set.create(ctx, want)
}

// contentRefused reports whether BigCommerce refuses what a script is, and not
// who writes it.
func contentRefused(err error) bool {
	refused, ok := errors.AsType[*bigcommerce.APIError](err)
	return ok && refused.FromAPI && refused.Status >= 400 && refused.Status < 500 &&
		!bigcommerce.IsUnauthorized(err) && !bigcommerce.IsForbidden(err) && !bigcommerce.IsNotFound(err)
}

// scriptRefused names what is wrong when BigCommerce refuses a script beside
// those that the API account has. The answer beyond the limit is not documented:
// a new script element, in which there is nothing else to refuse, is taken for
// one too many, and so is everything at the limit.
func scriptRefused(err error, tooMany bool, has int) error {
	if !contentRefused(err) {
		return fmt.Errorf("write script: %w", err)
	}
	said, _ := errors.AsType[*bigcommerce.APIError](err)
	if tooMany {
		return failure(connection.FailureScriptLimitReached, fmt.Sprintf(
			"BigCommerce refuses the script (%d: %s); this API account has %d of at most %d, and a storefront may have 50: delete one in Script Manager",
			said.Status, said.Title, has, scriptsPerAccount))
	}
	return failure(connection.FailureScriptRefused, fmt.Sprintf(
		"BigCommerce refuses the script's content (%d: %s): leave the page calls out of it, or put Ometria's tag into the theme by hand", said.Status, said.Title))
}

// note keeps which scripts are ours: those that are done, and the others given.
func (set *scriptSet) note(ctx context.Context, others ...connection.Script) error {
	var noted []connection.Script
	for _, s := range set.wanted {
		noted = append(noted, connection.Script{ID: s.UUID, ChannelID: s.ChannelID})
	}
	for _, s := range others {
		if !slices.ContainsFunc(noted, func(n connection.Script) bool { return n.ID == s.ID }) {
			noted = append(noted, s)
		}
	}
	if slices.Equal(noted, set.connection.Installed.Scripts) {
		return nil
	}
	return set.installer.note(ctx, func(installed *connection.Installed) { installed.Scripts = noted })
}

// showScriptState reads back what was written, because BigCommerce may take a
// script and keep another, and shows that as well as themes and storefronts
// that may not render it.
func (i *installer) showScriptState(ctx context.Context, fronts tag.Storefronts, set scriptSet) error {
	if set.written {
		stand, err := i.shop.Scripts.List(ctx)
		if err != nil {
			return fmt.Errorf("read scripts back: %w", err)
		}
		altered := slices.ContainsFunc(set.wanted, func(want bigcommerce.Script) bool {
			return !slices.ContainsFunc(stand, func(s bigcommerce.Script) bool { return s.UUID == want.UUID && tag.Same(s, want) })
		})
		if err := i.show(ctx, altered, connection.ScriptAltered, "BigCommerce took the JavaScript tag and keeps it otherwise, or not at all, so that shoppers may not be tracked: look at \""+
			tag.Name(i.connection)+"\" in Script Manager, and renew the script. If it stays so, put Ometria's tag into the theme by hand."); err != nil {
			return err
		}
		info, err := i.shop.Store.Information(ctx)
		if err != nil {
			return fmt.Errorf("read store: %w", err)
		}
		legacy := info.Features != (bigcommerce.StoreFeatures{}) && !info.Features.StencilEnabled
		if err := i.show(ctx, legacy, connection.BlueprintTheme, "The store has a Blueprint theme, and BigCommerce shows no scripts there: "+
			"put Ometria's tag into the theme by hand, or change to a Stencil theme and update the script."); err != nil {
			return err
		}
	}
	var names []string
	for _, channel := range fronts.Headless {
		names = append(names, fmt.Sprintf("%s (channel %d, %s)", channel.Name, channel.ID, channel.Platform))
	}
	return i.show(ctx, len(names) > 0, connection.HeadlessStorefront, "BigCommerce does not make the pages of "+strings.Join(names, ", ")+
		": the JavaScript tag shows there only on Catalyst from version 1.1 on. Put Ometria's tag into that storefront's own code.")
}

// show keeps an attention as long as there is a reason for it.
func (i *installer) show(ctx context.Context, reason bool, code, action string) error {
	at := slices.IndexFunc(i.connection.Attention, func(a connection.Attention) bool { return a.Code == code })
	switch {
	case reason && (at < 0 || i.connection.Attention[at].Action != action):
		return i.Store.Attend(ctx, i.connection.ID, connection.Attention{Code: code, Action: action})
	case !reason && at >= 0:
		return i.Store.Unattend(ctx, i.connection.ID, code)
	}
	return nil
}
