# Spline terms of R's own package splines, for the tests to compare.
#
#   Rscript splines.R FOLDER
#
# FOLDER/<name>.learn.csv and FOLDER/<name>.use.csv: a column `count` each. Writes
# FOLDER/<name>.bs.csv and .ns.csv: three terms of the counts to use, learnt on others.
library(splines)
folder <- commandArgs(trailingOnly = TRUE)[1]
for (path in list.files(folder, "[.]learn[.]csv$", full.names = TRUE)) {
  name <- sub("[.]learn[.]csv$", "", path)
  learn <- read.csv(path)$count
  use <- read.csv(paste0(name, ".use.csv"))$count
  within <- pmin(pmax(use, min(learn)), max(learn))
  write.csv(
    unclass(predict(bs(learn, df = 3), within)), paste0(name, ".bs.csv"),
    row.names = FALSE
  )
  write.csv(
    unclass(predict(ns(learn, df = 3), use)), paste0(name, ".ns.csv"),
    row.names = FALSE
  )
}
