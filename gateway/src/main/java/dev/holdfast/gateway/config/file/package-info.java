/** The configuration file: YAML, read strictly, with all errors at once. */
@NullMarked
package dev.holdfast.gateway.config.file;

import org.jspecify.annotations.NullMarked;
