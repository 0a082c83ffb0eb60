# R's RODBC: prints what it reads, see README.md beside this file.
library(RODBC)
args <- commandArgs(TRUE)
conn_str <- args[1]
many_sql <- args[2]
options(digits = 17, scipen = 100)

say_fact <- function(...) cat(..., sep = "\t", fill = FALSE)
line <- function(name, fields) {
  fields <- vapply(fields, function(f) if (is.na(f)) "\\N" else as.character(f), "")
  say_fact(name, fields)
  cat("\n")
}

ch <- odbcDriverConnect(conn_str, believeNRows = FALSE, colQuote = "`", tabQuote = "`")
line("dbms", odbcGetInfo(ch)[["DBMS_Name"]])
tables <- sqlTables(ch, catalog = "power")
for (i in seq_len(nrow(tables))) {
  line("table", c(tables$TABLE_CAT[i], tables$TABLE_NAME[i], tables$TABLE_TYPE[i]))
}
columns <- sqlColumns(ch, "meters", catalog = "power")
for (i in seq_len(nrow(columns))) line("column", c(columns$COLUMN_NAME[i], columns$TYPE_NAME[i]))
line("key", sqlPrimaryKeys(ch, "d1001", catalog = "power")$COLUMN_NAME)
line("types", nrow(sqlTypeInfo(ch)) >= 19)

for (prec in c("ms", "us", "ns")) {
  rows <- sqlQuery(ch, sprintf("select * from all_%s.t order by ts", prec), as.is = TRUE, stringsAsFactors = FALSE)
  for (i in seq_len(nrow(rows))) {
    line(paste0("all_", prec), lapply(rows, function(column) {
      cell <- column[[i]]
      if (length(cell) == 0) NA else if (is.raw(cell)) paste(toupper(as.character(cell)), collapse = "") else cell
    }))
  }
}

many <- sqlQuery(ch, many_sql)
line("many", c(nrow(many), sum(as.numeric(many[[2]]))))

frame <- sqlFetch(ch, "meters", max = 250)  # the database of the connection
line("fetched", c(nrow(frame), class(frame$ts)[1], class(frame$voltage)))

invisible(sqlQuery(ch, "create database if not exists r"))
invisible(sqlQuery(ch, "use r"))
invisible(sqlQuery(ch, "create table t (ts timestamp, i int, d double, v varchar(40))"))
data <- data.frame(
  ts = sprintf("2024-01-01 00:00:%02d.123", 0:49), i = c(NA, 1:49), d = 0:49 / 8, v = paste0("v", 0:49),
  stringsAsFactors = FALSE
)
invisible(sqlSave(ch, data, tablename = "t", append = TRUE, rownames = FALSE))
rows <- sqlQuery(ch, "select * from t order by ts limit 2", as.is = TRUE)
for (i in seq_len(nrow(rows))) line("inserted", lapply(rows, function(column) column[[i]]))
line("where", sqlQuery(ch, "select count(*) from t where i > 0")[[1]])

failed <- sqlQuery(ch, "select * from power.no_such_table")
line("error", sub(" .*", "", failed[1]))
odbcClose(ch)

wrong <- NULL
invisible(withCallingHandlers(
  odbcDriverConnect(sub("PWD=taosdata", "PWD=wrong", conn_str)),
  warning = function(w) {
    wrong <<- c(wrong, conditionMessage(w))
    invokeRestart("muffleWarning")
  }
))
line("login", regmatches(paste(wrong, collapse = " "), regexpr("28000", paste(wrong, collapse = " "))))
