"""Files of offices as rows: their encodings, forms, headers and cells. Pure, over pieces of bytes.

`csv_file`, `workbook` and `json_file` read the forms, `headers` finds the declared columns, `cells` and `values` read
single cells, `coordinates` moves points of other systems, and `table` puts them together.
A file that is unsound as a whole raises FileProblem; a row that is bad has its errors, and the others stay good.
"""
