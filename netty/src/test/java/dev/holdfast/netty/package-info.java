@org.jspecify.annotations.NullMarked
package dev.holdfast.netty;
