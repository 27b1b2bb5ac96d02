package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ometria/ometria-bigcommerce/bigcommerce"
	"github.com/ometria/ometria-bigcommerce/connection"
)

// scriptsPerAccount is how many scripts one API account may have (Scripts
// overview).
const scriptsPerAccount = 10

// InstallScript puts Ometria's JavaScript tag into the storefront, or renews
// it.
func (a *Activities) InstallScript(ctx context.Context, in Connection) error {
	defer beat(ctx)()
	i, err := a.installer(ctx, in.ConnectionID)
	if err != nil || mustStayClean(i.connection) {
		return temporalError(err)
	}
	_, err = i.ensureScript(ctx, true)
	return setupError(err)
}

func (i *installer) scriptName() string { return "Ometria " + i.connection.IdentificationCode }

func (i *installer) scriptSource() string { return i.TagURL + i.connection.IdentificationCode + ".js" }

// wanted is the script as it should be. Location and load method keep it out of
// the way of the page; a consent category must be sent, because scripts of
// unknown category do not render behind the consent banner (Scripts overview).
func (i *installer) wanted() bigcommerce.Script {
	return bigcommerce.Script{
		Name: i.scriptName(), Description: "Ometria tracking of visitors",
		Kind: bigcommerce.ScriptKindSrc, Src: i.scriptSource(), LoadMethod: bigcommerce.LoadAsync,
		Location: bigcommerce.LocationFooter, Visibility: bigcommerce.VisibilityAllPages,
		ConsentCategory: bigcommerce.ConsentTargeting, Enabled: true, AutoUninstall: true,
	}
}

func (i *installer) ours(s bigcommerce.Script) bool {
	return s.UUID == i.connection.Installed.ScriptID || s.Name == i.scriptName() && s.Src == i.scriptSource()
}

// ensureScript makes sure that our script stands, once, and reports whether
// something had to be done. With renew it is written anew even if it stands.
func (i *installer) ensureScript(ctx context.Context, renew bool) (mended bool, err error) {
	scripts, err := i.shop.Scripts.List(ctx)
	if err != nil {
		return false, fmt.Errorf("list scripts: %w", err)
	}
	want := i.wanted()
	at := slices.IndexFunc(scripts, i.ours)
	if at < 0 {
		made, err := i.shop.Scripts.Create(ctx, want)
		if err != nil {
			return false, i.scriptRefused(err, len(scripts))
		}
		return true, i.noteScript(ctx, made.UUID)
	}
	found := scripts[at]
	stands := found.Enabled && found.Src == want.Src && found.Visibility == want.Visibility
	if renew || !stands {
		want.ConsentCategory = found.ConsentCategory // the merchant may have chosen another
		if want.ConsentCategory == "" || want.ConsentCategory == "unknown" {
			want.ConsentCategory = bigcommerce.ConsentTargeting
		}
		if _, err := i.shop.Scripts.Update(ctx, found.UUID, want); err != nil {
			return false, i.scriptRefused(err, 0)
		}
	}
	for _, twin := range scripts[at+1:] {
		if i.ours(twin) {
			if err := i.shop.Scripts.Delete(ctx, twin.UUID); err != nil && !bigcommerce.IsNotFound(err) {
				return false, fmt.Errorf("delete second script: %w", err)
			}
		}
	}
	return !stands, i.noteScript(ctx, found.UUID)
}

// scriptRefused names what is wrong when BigCommerce refuses a script. The
// answer beyond the limit is not documented, so any refusal of the content is
// taken for it.
func (i *installer) scriptRefused(err error, standing int) error {
	refused, ok := errors.AsType[*bigcommerce.APIError](err)
	content := ok && refused.FromAPI && refused.Status >= 400 && refused.Status < 500 &&
		!bigcommerce.IsUnauthorized(err) && !bigcommerce.IsForbidden(err) && !bigcommerce.IsNotFound(err)
	if content {
		return failure(connection.FailureScriptLimitReached, fmt.Sprintf(
			"BigCommerce refuses the script (%d: %s); this API account has %d of at most %d: delete one in Script Manager",
			refused.Status, refused.Title, standing, scriptsPerAccount))
	}
	return fmt.Errorf("write script: %w", err)
}

func (i *installer) noteScript(ctx context.Context, uuid string) error {
	return i.Store.SetInstalled(ctx, i.connection.ID, func(installed *connection.Installed) {
		installed.ScriptID, installed.ScriptSource = uuid, i.scriptSource()
	})
}
