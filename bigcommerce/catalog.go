package bigcommerce

import (
	"context"
	"encoding/json"
	"iter"
)

// BrandsService reads the catalog's brands. No webhook tells of them.
type BrandsService struct{ service }

// Brand of products (brands_catalog.v3).
type Brand struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	ImageURL  string    `json:"image_url"`
	CustomURL CustomURL `json:"custom_url"`
}

// BrandFilter narrows a list of brands. Limit is 250 if 0, Page 1 if 0. Brands
// sort by name alone, so they are walked by page.
type BrandFilter struct {
	IDIn  []int64
	Page  int
	Limit int
}

// Page returns one page of brands.
// https://developer.bigcommerce.com/docs/rest-catalog/brands (GET v3/catalog/brands)
func (s *BrandsService) Page(ctx context.Context, filter BrandFilter) (Page[Brand], error) {
	var q query
	q.number("limit", limit(filter.Limit))
	q.number("page", max(filter.Page, 1))
	q.list("id:in", filter.IDIn)
	return pageV3[Brand](ctx, s.client, "/v3/catalog/brands", q)
}

// Pages yields pages to the end, and stops on the first error.
func (s *BrandsService) Pages(ctx context.Context, filter BrandFilter) iter.Seq2[Page[Brand], error] {
	return pages(ctx, filter, s.Page, func(filter *BrandFilter, _ Page[Brand]) { filter.Page = max(filter.Page, 1) + 1 })
}

// All yields the brands of Pages.
func (s *BrandsService) All(ctx context.Context, filter BrandFilter) iter.Seq2[Brand, error] {
	return records(s.Pages(ctx, filter))
}

// ByIDs returns those of at most MaxIDs brands that exist.
// https://developer.bigcommerce.com/docs/rest-catalog/brands (GET v3/catalog/brands)
func (s *BrandsService) ByIDs(ctx context.Context, ids ...int64) (Page[Brand], error) {
	if err := checkIDs(ids); err != nil || len(ids) == 0 {
		return Page[Brand]{}, err
	}
	return s.Page(ctx, BrandFilter{IDIn: ids})
}

// CategoriesService reads the catalog's category trees.
type CategoriesService struct{ service }

// Category of products (category-trees_catalog.v3).
type Category struct {
	ID     int64  `json:"category_id"`
	UUID   string `json:"category_uuid"`
	TreeID int64  `json:"tree_id"`
	// ParentID is 0 at the top.
	ParentID  int64       `json:"parent_id"`
	Name      string      `json:"name"`
	IsVisible bool        `json:"is_visible"`
	SortOrder Int         `json:"sort_order"`
	URL       CategoryURL `json:"url"`
}

// CategoryURL is a category's path on the storefront.
type CategoryURL struct {
	Path         string `json:"path"`
	IsCustomized bool   `json:"is_customized"`
}

// UnmarshalJSON reads an object, and takes anything else for no URL.
func (u *CategoryURL) UnmarshalJSON(data []byte) error {
	*u = CategoryURL{}
	if form(data) != "object" {
		return nil
	}
	type plain CategoryURL
	return json.Unmarshal(data, (*plain)(u))
}

// Tree is the root of a channel's categories.
type Tree struct {
	ID       int64   `json:"id"`
	Name     string  `json:"name"`
	Channels []int64 `json:"channels"`
}

// CategoryFilter narrows a list of categories. Limit is 250 if 0, Page 1 if 0.
type CategoryFilter struct {
	IDIn       []int64
	TreeIDIn   []int64
	ParentIDIn []int64
	Page       int
	Limit      int
}

// Page returns one page of categories of all trees.
// https://developer.bigcommerce.com/docs/rest-catalog/category-trees/categories (GET v3/catalog/trees/categories)
func (s *CategoriesService) Page(ctx context.Context, filter CategoryFilter) (Page[Category], error) {
	var q query
	q.number("limit", limit(filter.Limit))
	q.number("page", max(filter.Page, 1))
	q.list("category_id:in", filter.IDIn)
	q.list("tree_id:in", filter.TreeIDIn)
	q.list("parent_id:in", filter.ParentIDIn)
	return pageV3[Category](ctx, s.client, "/v3/catalog/trees/categories", q)
}

// Pages yields pages to the end, and stops on the first error.
func (s *CategoriesService) Pages(ctx context.Context, filter CategoryFilter) iter.Seq2[Page[Category], error] {
	return pages(ctx, filter, s.Page, func(filter *CategoryFilter, _ Page[Category]) { filter.Page = max(filter.Page, 1) + 1 })
}

// All yields the categories of Pages.
func (s *CategoriesService) All(ctx context.Context, filter CategoryFilter) iter.Seq2[Category, error] {
	return records(s.Pages(ctx, filter))
}

// ByIDs returns those of at most MaxIDs categories that exist.
// https://developer.bigcommerce.com/docs/rest-catalog/category-trees/categories (GET v3/catalog/trees/categories)
func (s *CategoriesService) ByIDs(ctx context.Context, ids ...int64) (Page[Category], error) {
	if err := checkIDs(ids); err != nil || len(ids) == 0 {
		return Page[Category]{}, err
	}
	return s.Page(ctx, CategoryFilter{IDIn: ids})
}

// Trees returns all category trees and the channels they serve.
// https://developer.bigcommerce.com/docs/rest-catalog/category-trees (GET v3/catalog/trees)
func (s *CategoriesService) Trees(ctx context.Context) ([]Tree, error) {
	return listV3[Tree](ctx, s.client, "/v3/catalog/trees", nil)
}
