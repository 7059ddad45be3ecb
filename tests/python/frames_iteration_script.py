# Prints what python3.11 and this interpreter have to agree about: test_frames_iteration.py.
import sys, itertools, collections, functools
from itertools import *
log=[]
class It:
    def __init__(self, n): self.n=n; self.i=0
    def __iter__(self): log.append('iter'); return self
    def __next__(self):
        log.append('next')
        if self.i>=self.n: raise StopIteration('end')
        self.i+=1
        return self.i
class Src:
    def __init__(self,n): self.n=n
    def __iter__(self): log.append('Iter'); return It(self.n)
class Len(Src):
    def __len__(self): log.append('len'); return self.n
class Hint(Src):
    def __length_hint__(self): log.append('hint'); return self.n
class BadHint(Src):
    def __length_hint__(self): return 'x'
class NegHint(Src):
    def __length_hint__(self): return -1
class Seq:
    def __init__(self,n): self.n=n
    def __getitem__(self,i):
        log.append(('get',i))
        if i>=self.n: raise IndexError
        return i*10
    def __len__(self): log.append('len'); return self.n
class BadIter:
    def __iter__(self): return 5
class NoneIter:
    __iter__=None
class Raising:
    def __iter__(self): raise TypeError('mine')
class RaiseMid:
    def __iter__(self):
        yield 1; yield 2
        raise ValueError('mid')
class Rev:
    def __reversed__(self): return iter([3,2,1])
def gen(n):
    log.append('g')
    for i in range(1,n+1):
        yield i
    log.append('gend')
    return 'ret'
class Map:
    def __init__(self, **k): self.d=k
    def keys(self): log.append('keys'); return iter(self.d)
    def __getitem__(self,k): log.append(k); return self.d[k]
class BadMap(Map):
    def keys(self): return 5
class BadMap2(Map):
    def keys(self): raise AttributeError('inside')
class BadMap3(Map):
    def __getitem__(self,k): raise KeyError('x')
class Lt:
    def __init__(self,v): self.v=v
    def __lt__(self,o): log.append((self.v,o.v)); return self.v<o.v
    def __gt__(self,o): log.append(('gt',self.v,o.v)); return self.v>o.v
    def __repr__(self): return f'L{self.v}'
makers=dict(gen=lambda:gen(4), It=lambda:It(4), Src=lambda:Src(4), Len=lambda:Len(4), Hint=lambda:Hint(4), BadHint=lambda:BadHint(2), NegHint=lambda: NegHint(2), Seq=lambda:Seq(4), BadIter=BadIter, NoneIter=NoneIter, Raising=Raising, RaiseMid=RaiseMid, gen0=lambda:gen(0), gen2=lambda:gen(2), gen3=lambda: gen(3), int=lambda:5, lst=lambda:[1,2,3,4], mapg=lambda: map(lambda x:x+1, gen(3)))
def unpack2(x):
    a,b=x; return a,b
def unpack4(x):
    a,b,c,d=x; return a,b,c,d
def unpex(x):
    a,*b,c=x; return a,b,c
def loop(x):
    r=[]
    for i in x: r.append(i)
    return r
def ladd(x):
    l=[0]; l+=x; return l
def f(*a,**k): return a,k
def nexts(x):
    it=iter(x); r=[]
    try:
        while True: r.append(next(it))
    except StopIteration as e: r.append(e.args)
    r.append(next(it,'d'))
    return r
def call(m, *a):
    return lambda x: m(*a, x)
def exhaust(it):
    r=[]
    try:
        while 1: r.append(next(it))
    except StopIteration as e: r.append(('stop',e.args))
    try: next(it); r.append('more')
    except StopIteration as e: r.append(('stop2',e.args))
    return r
def meth(mk, name):
    def g(x):
        o=mk(); r=getattr(o,name)
        try: res=r(x)
        except Exception as e: res=e
        return repr(res), o
    def h(x):
        o=mk()
        res=eval('o.%s(x)'%name)
        return repr(res), o
    return h
ops=dict(iter=lambda x: exhaust(iter(x)), next=lambda x: next(x), nextd=lambda x: next(x,7), nexts=nexts, u2=unpack2,u4=unpack4,uex=unpex,loop=loop,ladd=ladd,
 star=lambda x:f(*x), star2=lambda x:f(0,*x), dstar=lambda x:[*x,9], sstar=lambda x:{*x,9}, tstar=lambda x:(*x,),
 list=list,tuple=tuple,set=set,frozenset=frozenset,sum=sum,sum2=lambda x:sum(x,10),sum3=lambda x: sum(x,start=5), sums=lambda x:sum(x,''),
 min=min,max=max,mink=lambda x:min(x,key=lambda v:-v),maxk=lambda x:max(x,key=lambda v:-v,default=3),mind=lambda x:min(x,default=None),
 any=any,all=all,anyf=lambda x:any(i>2 for i in x), sorted=sorted, sortedk=lambda x:sorted(x,key=lambda v:-v), sortedr=lambda x:sorted(x,reverse=True),
 join=lambda x:','.join(x), joins=lambda x:','.join(str(i) for i in x), bytes=bytes, bytearray=bytearray,
 dict=dict, dictpairs=lambda x: dict((i,i) for i in x), dictup=lambda x:{'a':1}.update(x), dictbad=lambda x: dict((i,) for i in x), dictkw=lambda x: dict(((i,i) for i in x), a=3), fromkeys=lambda x: dict.fromkeys(x), fromkeys2=lambda x: collections.OrderedDict.fromkeys(x,3), fromkeys3=lambda x: collections.defaultdict.fromkeys(x,3),
 reduce=lambda x:functools.reduce(lambda a,b:a*10+b,x), reducei=lambda x:functools.reduce(lambda a,b:a*10+b,x,7), Counter=lambda x: collections.Counter(x),
 deque=lambda x:collections.deque(x), dequem=lambda x:collections.deque(x,2), dequemk=lambda x:collections.deque(x,maxlen=2),dext=meth(lambda:collections.deque([1]),'extend'),dextl=meth(lambda:collections.deque([1],3),'extendleft'),
 lext=meth(lambda:[0],'extend'),
 enum=lambda x:exhaust(enumerate(x,2)), enumbig=lambda x: list(enumerate(x,2**63-2)), zip=lambda x:exhaust(zip(x,'abc')), zip1=lambda x:exhaust(zip(x)), zip3=lambda x:exhaust(zip('ab',x,'abc')), zips=lambda x:list(zip(x,'abc',strict=True)), zips2=lambda x:list(zip('abc',x,strict=True)), zips3=lambda x:list(zip('abcd','abcd',x,strict=True)),
 map=lambda x:exhaust(map(lambda v:v+1,x)), map2=lambda x:exhaust(map(lambda v,w:(v,w),x,x)), mapc=lambda x:list(map(str,x)), map3=lambda x:list(map(lambda *a:a,'ab',x,'cd')), filter=lambda x:exhaust(filter(lambda v:v%2,x)), filtern=lambda x:list(filter(None,x)),
 reversed=lambda x:exhaust(reversed(x)),
 chain=lambda x:exhaust(chain(x,'ab',x)), chainf=lambda x:exhaust(chain.from_iterable(x)), chainf2=lambda x:exhaust(chain.from_iterable([x,x])),chainf3=lambda x:exhaust(chain.from_iterable(v for v in [x,[1]])),
 islice=lambda x:exhaust(islice(x,2)), islice2=lambda x:exhaust(islice(x,1,None,2)), islice3=lambda x: exhaust(islice(x,1,3)), islice4=lambda x: list(islice(x,None)), isl5=lambda x: list(islice(x, 7,9)),
 takewhile=lambda x:exhaust(takewhile(lambda v:v<3,x)), dropwhile=lambda x:exhaust(dropwhile(lambda v:v<3,x)), starmap=lambda x:exhaust(starmap(lambda a,b:(a,b),zip(x,x))), starmap2=lambda x:exhaust(starmap(f,[x,x])),
 groupby=lambda x:[(k,list(g)) for k,g in groupby(x,lambda v:v//2)], groupby0=lambda x:[(k,list(g)) for k,g in groupby(x)], groupbyp=lambda x:[(k,next(g,None)) for k,g in groupby(x,key=lambda v:v//2)], groupbyn=lambda x:[k for k,g in groupby(x,key=lambda v:None)],
 accumulate=lambda x:exhaust(accumulate(x)), accf=lambda x:exhaust(accumulate(x,lambda a,b:None)), acci=lambda x:exhaust(accumulate(x,initial=100)), accfi=lambda x:list(accumulate(x,lambda a,b:a*b,initial=2)),
 filterfalse=lambda x:exhaust(filterfalse(lambda v:v%2,x)), ffn=lambda x:list(filterfalse(None,x)), product=lambda x:list(product(x,[1,2])), product2=lambda x:list(product(x,repeat=2)), perm=lambda x:list(permutations(x,2)), perm1=lambda x:list(permutations(x)),comb=lambda x:list(combinations(x,2)), cwr=lambda x: list(combinations_with_replacement(x,2)),
 tee=lambda x:[list(t) for t in tee(x)], tee3=lambda x: list(zip(*tee(x,3))), cycle=lambda x:list(islice(cycle(x),10)), ziplongest=lambda x:exhaust(zip_longest(x,'abcdef')), zl2=lambda x:exhaust(zip_longest('ab',x,x,fillvalue=0)), pairwise=lambda x:exhaust(pairwise(x)), compress=lambda x:exhaust(compress('abcd',x)), compress2=lambda x:exhaust(compress(x,[1,0,1,0,1])),
 callit=lambda x: exhaust(iter(iter(x).__next__, 3)),
)
for nm in ['update','difference_update','intersection_update','symmetric_difference_update','union','difference','intersection','symmetric_difference','issubset','issuperset','isdisjoint']:
    ops['set_'+nm]=meth(lambda:{1,2,99},nm)
    if 'update' not in nm: ops['fs_'+nm]=meth(lambda:frozenset({1,2,99}),nm)
def tbl(e):
    r=[]; tb=e.__traceback__
    while tb:
      if tb.tb_frame.f_code.co_filename == __file__: r.append((tb.tb_frame.f_code.co_name, tb.tb_lineno))
      tb=tb.tb_next
    return r
for rep in range(3):
  for on,op in ops.items():
    for mn,mk in makers.items():
        if on=='islice4' and mn=='xx': continue
        del log[:]
        try: r=repr(op(mk()))
        except BaseException as e: r=(type(e).__name__, str(e), repr(e.__context__), repr(e.__cause__), tbl(e))
        if rep==2: print(on,mn,r,log)
# mappings
for rep in range(3):
  for mk in [Map,BadMap,BadMap2,BadMap3]:
    for nm,op in dict(ds=lambda m:f(**m), ds2=lambda m:f(a=1,**m), ds3=lambda m: f(**{'z':1},**m), disp=lambda m:{**m}, dict=lambda m:dict(m), dictk=lambda m:dict(m,z=1), up=lambda m:{}.update(m)).items():
        del log[:]
        try: r=repr(op(mk(a=1,b=2)))
        except BaseException as e: r=(type(e).__name__, str(e), repr(e.__context__), repr(e.__cause__), tbl(e))
        if rep==2: print(nm,mk.__name__,r,log)
# sorting
import random
random.seed(5)
for rep in range(3):
  for n in [0,1,2,3,5,20,63,64,65,100,1000]:
    for kind in range(4):
      vals=[random.randrange(n+1) for _ in range(n)]
      if kind==1: vals.sort()
      if kind==2: vals.sort(reverse=True)
      ls=[Lt(v) for v in vals]
      for rv in (False,True):
        del log[:]
        l2=ls[:]; l2.sort(reverse=rv)
        ident=[ls.index(x) if 0 else id(x) for x in l2]==[id(x) for x in sorted(ls,key=lambda x:x.v,reverse=rv)]
        print(n,kind,rv,ident,l2[:5], hash(tuple(log)) if n<64 else '')
        l3=sorted(ls,key=lambda x:Lt(-x.v),reverse=rv)
        print([x.v for x in l3][:10], [id(x) for x in l3]==[id(x) for x in sorted(ls,key=lambda x:-x.v,reverse=rv)])
      if n: print(min(ls),max(ls),min(*ls,Lt(3)),max(ls,key=lambda x:-x.v))
l=[3,1,2]
def mod(x): l.append(x); return x
for _ in range(3):
    try: l.sort(key=mod)
    except ValueError as e: print(e,l)
    def bad(x):
        print(l)
        if x==2: raise KeyError(x)
        return x
    try: l.sort(key=bad)
    except KeyError as e: print(repr(e),l)
