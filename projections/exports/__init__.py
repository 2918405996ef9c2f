"""The CMS report in the formats that others read. Pure: the same report gives the same bytes.

A report is the `data` of `GET /cms-reports` as a dict whose numbers are int or Decimal. Each
entry of `reports` has the fields of `projections.measures.report`; a measure with several rates
has one dict with a `title` and the same counts for each in `groups`, and a stratified one the same
in `strata`.
"""
