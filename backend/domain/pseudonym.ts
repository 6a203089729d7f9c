const ADJECTIVES =
  `amber azure brave bright brisk calm candid clever coral cosmic cosy crisp curious dapper daring dusky
eager early easy electric fair fancy fearless fleet fond frosty gentle gilded glad golden grand happy hazel honest humble
icy jade jaunty jolly keen kind lilac lively lucid lucky lunar mellow merry mighty mild misty modest mossy neat nimble
noble olive opal patient pearly placid plucky polar polite proud quick quiet rapid ready rosy ruby rustic sage sandy
serene sharp silent silver smooth snowy snug solar solid spry steady stellar sturdy sunny swift tidy tranquil true upbeat
velvet vivid warm wise witty zesty`.split(/\s+/);
const ANIMALS =
  `albatross alpaca antelope auk badger beaver bison bobcat bunting caribou cheetah chickadee condor cormorant
crane cricket curlew deer dingo dolphin dormouse dove eagle egret eider elk ermine falcon ferret finch firefly flamingo
fox gannet gazelle gecko gibbon goldfinch grebe grouse gull hare harrier hawk hedgehog heron hoopoe ibex ibis impala
jackdaw jaguar jay kestrel kingfisher kite koala kudu lapwing lark lemming lemur linnet llama lynx magpie mallard manatee
marmot marten merlin moose narwhal newt nightjar nuthatch ocelot octopus oriole osprey otter owl panda partridge pelican
penguin petrel pika pipit plover puffin puma quail quokka raven redstart robin sandpiper seal serval siskin skylark
sparrow starling stork swallow swan swift tapir tern thrush tortoise toucan turtle vole wagtail walrus weasel whale
wombat wren yak zebra`.split(/\s+/);

/** As `amber-otter-42`: a name that tells nothing of who has it. About a million of them; the team's must differ. */
export function newPseudonym(): string {
  return `${oneOf(ADJECTIVES)}-${oneOf(ANIMALS)}-${10 + below(90)}`;
}

function oneOf(words: readonly string[]): string {
  return words[below(words.length)] ?? "";
}

/** Even enough: 2^32 is a million times more than any of the lists. */
function below(limit: number): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return random % limit;
}
