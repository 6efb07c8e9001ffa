# Fits designs that Python left as bytes, with R's own glm or, penalised, brglm2.
#
#   Rscript glm.R FOLDER EPSILON
#
# FOLDER/<model>.bytes: outcome, then the columns, a byte per value, column by column.
# FOLDER/models.csv: model, rows, columns, method (plain or firth).
# FOLDER/<model>.start.csv: for a penalised fit, where to start: brglm2 knows no step
# halving and leaves for infinity from no effects where columns separate the outcome.
# Writes FOLDER/<model>.r.csv (coefficient, std_error; the intercept first) and
# FOLDER/r.csv (model, seconds, log_likelihood, null_log_likelihood, nagelkerke_r2,
# converged).
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
epsilon <- as.numeric(arguments[2])
models <- read.csv(file.path(folder, "models.csv"), colClasses = c(model = "character"))
results <- list()
for (i in seq_len(nrow(models))) {
  one <- models[i, ]
  bytes <- readBin(
    file.path(folder, paste0(one$model, ".bytes")), "integer",
    n = one$rows * (one$columns + 1), size = 1, signed = FALSE
  )
  frame <- as.data.frame(matrix(bytes, nrow = one$rows))
  rm(bytes)
  names(frame) <- c("y", paste0("x", seq_len(one$columns)))
  started <- proc.time()[["elapsed"]]
  if (one$method == "firth") {
    start <- read.csv(file.path(folder, paste0(one$model, ".start.csv")))$start
    fit <- suppressWarnings(glm(y ~ .,
      family = binomial, data = frame, method = brglm2::brglm_fit, start = start,
      type = "AS_mean", epsilon = epsilon, maxit = 500, slowit = 0.5
    ))
  } else {
    fit <- suppressWarnings(glm(y ~ .,
      family = binomial, data = frame, control = glm.control(epsilon, 100)
    ))
  }
  table <- coef(summary(fit))
  seconds <- proc.time()[["elapsed"]] - started
  write.csv(
    data.frame(
      coefficient = sprintf("%.17g", table[, 1]),
      std_error = sprintf("%.17g", table[, 2])
    ),
    file.path(folder, paste0(one$model, ".r.csv")),
    row.names = FALSE, quote = FALSE
  )
  n <- one$rows
  events <- sum(frame$y)
  null <- events * log(events / n) + (n - events) * log(1 - events / n)
  fitted <- fit$fitted.values
  likelihood <- sum(ifelse(frame$y == 1, log(fitted), log(1 - fitted)))
  cox_snell <- 1 - exp(2 / n * (null - likelihood))
  results[[i]] <- data.frame(
    model = one$model, seconds = seconds,
    log_likelihood = sprintf("%.17g", likelihood),
    null_log_likelihood = sprintf("%.17g", null),
    nagelkerke_r2 = sprintf("%.17g", cox_snell / (1 - exp(2 / n * null))),
    converged = fit$converged
  )
  cat(one$model, seconds, "\n")
  rm(frame, fit)
}
write.csv(do.call(rbind, results), file.path(folder, "r.csv"),
  row.names = FALSE, quote = FALSE
)
