# Elastic-net paths of glmnet, relaxed and cross-validated, for the tests to compare.
#
#   Rscript penalised.R FOLDER MIXING...
#
# FOLDER/cases.csv: fold (from 1), outcome, then the columns. FOLDER/<mixing>.csv: the
# penalties, falling. Writes FOLDER/<mixing>.path.csv and .relaxed.csv (a row per
# penalty, the intercept first), .curve.csv (blend, penalty, auc, auc_std_error) and
# .choice.csv (penalty, blend; the best, then one standard error from it).
suppressMessages(library(glmnet))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
cases <- as.matrix(read.csv(file.path(folder, "cases.csv")))
x <- cases[, -(1:2)]
for (mixing in arguments[-1]) {
  write <- function(what, name) {
    write.csv(what, file.path(folder, paste0(mixing, name)), row.names = FALSE)
  }
  penalties <- read.csv(file.path(folder, paste0(mixing, ".csv")))$penalty
  # At its own default a coefficient may still move in its third digit.
  found <- cv.glmnet(x, cases[, 2],
    family = "binomial", alpha = as.numeric(mixing), lambda = penalties,
    foldid = cases[, 1], type.measure = "auc", relax = TRUE,
    gamma = c(0, 0.25, 0.5, 0.75, 1), thresh = 1e-14, maxit = 1e7
  )
  fit <- found$glmnet.fit
  write(cbind(fit$a0, t(as.matrix(fit$beta))), ".path.csv")
  write(cbind(fit$relaxed$a0, t(as.matrix(fit$relaxed$beta))), ".relaxed.csv")
  relaxed <- found$relaxed
  write(do.call(rbind, Map(function(one, blend) {
    data.frame(
      blend = blend, penalty = one$lambda, auc = one$cvm, auc_std_error = one$cvsd
    )
  }, relaxed$statlist, relaxed$gamma)), ".curve.csv")
  write(data.frame(
    penalty = c(relaxed$lambda.min, relaxed$lambda.1se),
    blend = c(relaxed$gamma.min, relaxed$gamma.1se)
  ), ".choice.csv")
}
