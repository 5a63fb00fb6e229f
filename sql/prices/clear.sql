-- prices/clear: delete the operator's prices, or the built-in ones, before others are stored in the same transaction.
--
-- params   built_in  boolean  which of the two
-- plan     one pass
-- try      \set built_in false

DELETE FROM model_prices AS p
 WHERE (p.provider <> '') = :'built_in'::boolean;
