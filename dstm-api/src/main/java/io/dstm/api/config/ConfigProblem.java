package io.dstm.api.config;

/**
 * Something wrong with a configuration.
 *
 * @param key the key
 * @param reason what is wrong with its value and what would be right
 */
public record ConfigProblem(String key, String reason) {

    @Override
    public String toString() {
        return key + ": " + reason;
    }
}
