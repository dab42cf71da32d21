package dev.holdfast.observe;

/**
 * What an attempt asks, in names that are cleaned and cut. Streams that ask the same share it.
 *
 * @param labels of the totals that belong to it
 * @param label of the totals that belong to its upstream
 */
record AskedTarget(String upstream, String dialect, String model, String labels, String label) {}
